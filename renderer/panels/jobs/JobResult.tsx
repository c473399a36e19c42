import type { ReactElement } from 'react';
import type { Output } from '../../../app/contract/api.ts';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { isTileModel } from '../../actions/tileModels.ts';
import { addScene } from '../../edits/layers.ts';
import type { PanelName } from '../../state/workspaceState.ts';
import { countText, decimalText } from '../../words/numbers.ts';
import { saidSentence, t } from '../../words/translate.ts';
import { changedText } from '../change/changeWords.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { WrittenFiles } from '../export/WrittenFiles.tsx';
import { figuresText } from '../models/modelWords.ts';
import { duration, percent, ratio } from './figures.ts';
import { inputText, resultOf } from './results.ts';

/** What a job that is done gave, in a few lines. */
export function JobResult({ job }: { readonly job: JobRecord }): ReactElement | null {
  const train = resultOf(job, 'train');
  if (train !== undefined)
    return (
      <Lines
        text={trainedText(job, train.validation)}
        paths={[train.model]}
        warnings={train.warnings}
      />
    );
  const pretrain = resultOf(job, 'pretrain');
  if (pretrain !== undefined)
    return (
      <Lines
        text={t('{epochs} epochs on {scenes} scenes in {time}; loss at the end {loss}.', {
          epochs: countText(pretrain.epochs),
          scenes: countText(pretrain.scenes),
          time: duration(pretrain.seconds),
          loss: decimalText(pretrain.loss, 4),
        })}
        paths={[pretrain.weights, inputText(job, 'recipe')]}
        warnings={pretrain.warnings}
      />
    );
  const change = resultOf(job, 'change');
  if (change !== undefined)
    return (
      <Lines
        text={changedText(change)}
        paths={[change.map, change.probability, inputText(job, 'vector')]}
        warnings={change.warnings}
      />
    );
  const predict = resultOf(job, 'predict');
  if (predict !== undefined)
    return (
      <Lines
        text={t('{tiles} tiles in {time}', {
          tiles: predict.tiles,
          time: duration(predict.seconds),
        })}
        paths={[predict.map, inputText(job, 'probabilities'), inputText(job, 'score')]}
        warnings={predict.warnings}
      />
    );
  const batch = resultOf(job, 'batch');
  if (batch !== undefined)
    return (
      <Lines
        text={t('{done} mapped, {skipped} were mapped before, {failed} failed, {waiting} waiting', {
          done: countText(batch.done),
          skipped: countText(batch.skipped),
          failed: countText(batch.failed.length),
          waiting: countText(batch.waiting),
        })}
        paths={[batch.report, batch.table, ...batch.mosaics]}
        warnings={[]}
      />
    );
  const evaluate = resultOf(job, 'evaluate');
  if (evaluate === undefined) return null;
  return (
    <Lines
      text={t('OA {oa}, kappa {kappa}', accuracyWords(evaluate))}
      paths={[evaluate.report]}
      warnings={evaluate.warnings}
    />
  );
}

const trainedText = (job: JobRecord, validation: Output<'train'>['validation']): string =>
  isTileModel(String(job.input['model']))
    ? t('On validation tiles: {figures}', { figures: figuresText(validation) })
    : t('On validation ROIs: OA {oa}, kappa {kappa}', accuracyWords(validation));

const accuracyWords = ({ oa, kappa }: Pick<Output<'evaluate'>, 'oa' | 'kappa'>) => ({
  oa: percent(oa),
  kappa: ratio(kappa),
});

function Lines({
  text,
  paths,
  warnings,
}: {
  readonly text: string;
  readonly paths: readonly (string | undefined)[];
  readonly warnings: readonly string[];
}): ReactElement {
  return (
    <>
      <p>{text}</p>
      <WrittenFiles files={paths.filter((path) => path !== undefined)} />
      {warnings.map((warning) => (
        <p key={warning} className="warning-text">
          {saidSentence(warning)}
        </p>
      ))}
    </>
  );
}

/** Where the figures of a job are. */
const panelOf: Partial<Record<JobRecord['kind'], PanelName>> = {
  train: 'train',
  pretrain: 'pretrain',
  change: 'change',
  batch: 'batch',
};

/** The way to what a job made: the map as a layer, or the panel that shows its figures. */
export function ResultButton({ job }: { readonly job: JobRecord }): ReactElement | null {
  const { workspace, map } = useDesk();
  const layers = useWorkspace((state) => state.document.layers);
  if (job.state !== 'done' || job.kind === 'sample') return null;
  const uri = resultOf(job, 'predict')?.map;
  const layer = [...layers.values()].find((row) => row.uri !== undefined && row.uri === uri);
  const show = async (): Promise<void> => {
    if (uri === undefined) return workspace.store.set({ panel: panelOf[job.kind] ?? 'accuracy' });
    const row = layer ?? (await addScene(workspace, uri, job.title));
    workspace.store.set({ selectedLayer: row.id });
    map.zoomToScene(await workspace.openScene(uri));
  };
  const label = uri !== undefined && layer === undefined ? t('Add to the map') : t('Show result');
  return (
    <button
      type="button"
      aria-label={t('{action}: {job}', { action: label, job: job.title })}
      onClick={() => void show().catch(workspace.report)}
    >
      {label}
    </button>
  );
}
