import { type ReactElement, useMemo } from 'react';
import type { Output } from '../../../app/contract/api.ts';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { t } from '../../words/translate.ts';
import { ClassFigures } from '../accuracy/ClassFigures.tsx';
import { Chart } from '../charts/Chart.tsx';
import type { Axis, Series } from '../charts/series.ts';
import { useDesk } from '../context.ts';
import { duration, percent } from '../jobs/figures.ts';
import { JobButtons } from '../jobs/JobButtons.tsx';
import { JobProgress } from '../jobs/JobProgress.tsx';
import { JobState } from '../jobs/jobState.tsx';
import { resultOf } from '../jobs/results.ts';
import { chooseModel } from './settings.ts';

/** The newest training: how it goes, and what it came to. */
export function TrainingRun({ job }: { readonly job: JobRecord }): ReactElement {
  const result = resultOf(job, 'train');
  return (
    <>
      <JobState state={job.state} />
      <JobProgress job={job} />
      {job.error !== undefined && <p className="error-text">{job.error.message}</p>}
      <div className="actions">
        <JobButtons job={job} removable={false} />
      </div>
      <Curves job={job} />
      {result !== undefined && <Trained result={result} />}
    </>
  );
}

/** Loss by epoch, and the validation figures, one line a figure and network. */
function Curves({ job }: { readonly job: JobRecord }): ReactElement | null {
  const { curve } = job;
  const { loss, figures } = useMemo(() => linesOf(curve), [curve]);
  const epochs = Math.max(2, ...curve.map((entry) => entry.epochs));
  const x = useMemo(
    (): Axis => ({ label: t('Epoch'), domain: [1, epochs], whole: true }),
    [epochs],
  );
  const y = useMemo((): Axis => ({ label: t('Loss') }), []);
  const shares = useMemo((): Axis => ({ label: t('Share of 1'), domain: [0, 1] }), []);
  if (curve.length === 0) return null;
  return (
    <>
      <Chart label={t('Loss')} x={x} y={y} series={loss} />
      {figures.length > 0 && (
        <Chart label={t('Figures on validation ROIs')} x={x} y={shares} series={figures} />
      )}
    </>
  );
}

type Epoch = JobRecord['curve'][number];

function linesOf(curve: JobRecord['curve']): {
  readonly loss: readonly Series[];
  readonly figures: readonly Series[];
} {
  const networks = [...Map.groupBy(curve, ({ network }) => network ?? '')];
  const keys = [...new Set(curve.flatMap(({ validation }) => Object.keys(validation ?? {})))];
  const lines = (name: string, key: string, read: (epoch: Epoch) => number | undefined) =>
    networks.map(([network, epochs]) => ({
      id: `${key} ${network}`,
      name: networks.length > 1 ? `${name} ${network}` : name,
      points: epochs.map((epoch) => ({ x: epoch.epoch, y: read(epoch) ?? null })),
    }));
  const patterned = (all: readonly Omit<Series, 'kind' | 'pattern'>[]): readonly Series[] =>
    all.map((line, pattern) => ({ ...line, kind: 'line', pattern }));
  return {
    loss: patterned([
      ...lines(t('Training'), 'training', ({ loss }) => loss),
      ...(keys.includes('loss')
        ? lines(t('Validation'), 'loss', ({ validation }) => validation?.['loss'])
        : []),
    ]),
    figures: patterned(
      keys
        .filter((key) => key !== 'loss')
        .flatMap((key) => lines(key.toUpperCase(), key, ({ validation }) => validation?.[key])),
    ),
  };
}

function Trained({ result }: { readonly result: Output<'train'> }): ReactElement {
  const { workspace } = useDesk();
  const { validation, baseline, samples, seconds, perClass, warnings, model } = result;
  return (
    <>
      <table>
        <caption>{t('On validation ROIs')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('Model')}</th>
            <th scope="col">OA</th>
            <th scope="col">AA</th>
            <th scope="col">{t('Kappa')}</th>
          </tr>
        </thead>
        <tbody>
          {[{ ...validation, name: t('This model') }, ...(baseline ? [baseline] : [])].map(
            ({ name, oa, aa, kappa }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{percent(oa)}</td>
                <td>{percent(aa)}</td>
                <td>{kappa?.toFixed(3) ?? '–'}</td>
              </tr>
            ),
          )}
        </tbody>
      </table>
      <ClassFigures label={t('Figures of each class')} classes={perClass} />
      <p className="hint">
        {t('{training} training and {validation} validation samples, {time}.', {
          training: samples.training.toLocaleString('en'),
          validation: samples.validation.toLocaleString('en'),
          time: duration(seconds),
        })}
      </p>
      {warnings.map((warning) => (
        <p key={warning} className="warning-text">
          {warning}
        </p>
      ))}
      <button type="button" onClick={() => chooseModel(workspace, model)}>
        {t('Map with this model')}
      </button>
    </>
  );
}
