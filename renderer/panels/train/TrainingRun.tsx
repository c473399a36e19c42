import { type ReactElement, useMemo } from 'react';
import type { Output } from '../../../app/contract/api.ts';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { isTileModel } from '../../actions/tileModels.ts';
import { countText } from '../../words/numbers.ts';
import { said, saidSentence, t } from '../../words/translate.ts';
import { ClassFigures } from '../accuracy/ClassFigures.tsx';
import { Chart } from '../charts/Chart.tsx';
import type { Axis, Point, Series } from '../charts/series.ts';
import { useDesk } from '../context.ts';
import { duration } from '../jobs/figures.ts';
import { JobButtons } from '../jobs/JobButtons.tsx';
import { JobProgress } from '../jobs/JobProgress.tsx';
import { JobState } from '../jobs/jobState.tsx';
import { resultOf } from '../jobs/results.ts';
import { figureKeys, figureName, figureText } from '../models/modelWords.ts';
import { chooseModel } from './settings.ts';

/** The newest training: how it goes, and what it came to. */
export function TrainingRun({ job }: { readonly job: JobRecord }): ReactElement {
  const result = resultOf(job, 'train');
  return (
    <>
      <JobState state={job.state} />
      <JobProgress job={job} />
      {job.error !== undefined && <p className="error-text">{said(job.error)}</p>}
      <div className="actions">
        <JobButtons job={job} removable={false} />
      </div>
      <Curves job={job} />
      {result !== undefined && <Trained job={job} result={result} />}
    </>
  );
}

/** Loss by epoch, and the validation figures; networks that are trained one after the other are apart. */
export function Curves({ job }: { readonly job: JobRecord }): ReactElement | null {
  const { curve } = job;
  const { loss, figures } = useMemo(() => linesOf(curve), [curve]);
  const epochs = Math.max(2, ...curve.map((entry) => entry.epochs));
  const networks = new Set(curve.map(({ network }) => network)).size;
  const label = networks > 1 ? t('Epoch of {networks} networks in turn', { networks }) : t('Epoch');
  const x = useMemo((): Axis => ({ label, domain: [1, epochs], whole: true }), [label, epochs]);
  const y = useMemo((): Axis => ({ label: t('Loss') }), []);
  const shares = useMemo((): Axis => ({ label: t('Share of 1') }), []);
  if (curve.length === 0) return null;
  return (
    <>
      <Chart label={t('Loss')} x={x} y={y} series={loss} />
      {figures.length > 0 && (
        <Chart label={t('Figures on validation data')} x={x} y={shares} series={figures} />
      )}
    </>
  );
}

type Epoch = JobRecord['curve'][number];

function linesOf(curve: JobRecord['curve']): {
  readonly loss: readonly Series[];
  readonly figures: readonly Series[];
} {
  const keys = [...new Set(curve.flatMap(({ validation }) => Object.keys(validation ?? {})))];
  const validated = (key: string) => (epoch: Epoch) => epoch.validation?.[key];
  const figures = keys.filter((key) => key !== 'loss');
  return {
    loss: [
      lineOf(curve, t('Training'), 0, ({ loss }) => loss),
      ...(keys.includes('loss') ? [lineOf(curve, t('Validation'), 1, validated('loss'))] : []),
    ],
    figures: figures.map((key, pattern) => lineOf(curve, figureName(key), pattern, validated(key))),
  };
}

/** A line by epoch, with a gap where the next network begins. */
function lineOf(
  curve: JobRecord['curve'],
  name: string,
  pattern: number,
  read: (epoch: Epoch) => number | undefined,
): Series {
  const points = curve.flatMap((entry, index): Point[] => {
    const here = { x: entry.epoch, y: read(entry) ?? null };
    const starts = index > 0 && curve[index - 1]!.network !== entry.network;
    return starts ? [{ x: entry.epoch - 0.5, y: null }, here] : [here];
  });
  return { id: name, name, kind: 'line', pattern, points };
}

/** What the figures were measured on. */
const measuredOn = (job: JobRecord): string =>
  isTileModel(String(job.input['model'])) ? t('On validation tiles') : t('On validation ROIs');

function Trained({
  job,
  result,
}: {
  readonly job: JobRecord;
  readonly result: Output<'train'>;
}): ReactElement {
  const { workspace } = useDesk();
  const { validation, baseline, samples, seconds, perClass, warnings, model } = result;
  const keys = figureKeys(
    validation,
    ...(baseline === undefined ? [] : [{ ...baseline, name: undefined }]),
  );
  return (
    <>
      <table>
        <caption>{measuredOn(job)}</caption>
        <thead>
          <tr>
            <th scope="col">{t('Model')}</th>
            {keys.map((key) => (
              <th key={key} scope="col">
                {figureName(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[{ ...validation, name: t('This model') }, ...(baseline ? [baseline] : [])].map(
            ({ name, ...figures }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {keys.map((key) => (
                  <td key={key}>{figureText(key, figures[key as keyof typeof figures])}</td>
                ))}
              </tr>
            ),
          )}
        </tbody>
      </table>
      <ClassFigures label={t('Figures of each class')} classes={perClass} />
      <p className="hint">
        {t('{training} training and {validation} validation samples, {time}.', {
          training: countText(samples.training),
          validation: countText(samples.validation),
          time: duration(seconds),
        })}
      </p>
      {warnings.map((warning) => (
        <p key={warning} className="warning-text">
          {saidSentence(warning)}
        </p>
      ))}
      {job.input['task'] === 'change' ? (
        <button type="button" onClick={() => workspace.store.set({ panel: 'change' })}>
          {t('Map change with this model')}
        </button>
      ) : (
        <button type="button" onClick={() => chooseModel(workspace, model)}>
          {t('Map with this model')}
        </button>
      )}
    </>
  );
}
