import type { ReactElement } from 'react';
import type { Output } from '../../../app/contract/api.ts';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { addScene } from '../../edits/layers.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { duration, percent } from './figures.ts';
import { resultOf } from './results.ts';

/** What a job that is done gave, in a line, and the way to it. */
export function JobResult({ job }: { readonly job: JobRecord }): ReactElement | null {
  const [train, predict, evaluate] = [
    resultOf(job, 'train'),
    resultOf(job, 'predict'),
    resultOf(job, 'evaluate'),
  ];
  if (train !== undefined) return <TrainedModel result={train} />;
  if (predict !== undefined) return <FinishedMap job={job} result={predict} />;
  if (evaluate !== undefined) return <Evaluation result={evaluate} />;
  return null;
}

function Warnings({ warnings }: { readonly warnings: readonly string[] }): ReactElement {
  return (
    <>
      {warnings.map((warning) => (
        <p key={warning} className="warning-text">
          {warning}
        </p>
      ))}
    </>
  );
}

function TrainedModel({ result }: { readonly result: Output<'train'> }): ReactElement {
  const { workspace } = useDesk();
  const { validation, model, warnings } = result;
  return (
    <>
      <p>
        {t('On validation ROIs: OA {oa}, kappa {kappa}', {
          oa: percent(validation.oa),
          kappa: validation.kappa?.toFixed(3) ?? '–',
        })}
      </p>
      <p className="path">{model}</p>
      <Warnings warnings={warnings} />
      <div className="actions">
        <button type="button" onClick={() => workspace.store.set({ panel: 'train' })}>
          {t('Show result')}
        </button>
      </div>
    </>
  );
}

function FinishedMap({
  job,
  result,
}: {
  readonly job: JobRecord;
  readonly result: Output<'predict'>;
}): ReactElement {
  const { workspace, map } = useDesk();
  const layers = useWorkspace((state) => state.document.layers);
  const layer = [...layers.values()].find(({ uri }) => uri === result.map);
  const show = async (): Promise<void> => {
    const row = layer ?? (await addScene(workspace, result.map, job.title));
    workspace.store.set({ selectedLayer: row.id });
    map.zoomToScene(await workspace.openScene(result.map));
  };
  return (
    <>
      <p className="path">{result.map}</p>
      <p className="hint">
        {t('{tiles} tiles in {time}', { tiles: result.tiles, time: duration(result.seconds) })}
      </p>
      <Warnings warnings={result.warnings} />
      <div className="actions">
        <button type="button" onClick={() => void show().catch(workspace.report)}>
          {layer === undefined ? t('Add to the map') : t('Show result')}
        </button>
      </div>
    </>
  );
}

function Evaluation({ result }: { readonly result: Output<'evaluate'> }): ReactElement {
  const { workspace } = useDesk();
  return (
    <>
      <p>
        {t('OA {oa}, kappa {kappa}', {
          oa: percent(result.oa),
          kappa: result.kappa?.toFixed(3) ?? '–',
        })}
      </p>
      {result.report !== undefined && <p className="path">{result.report}</p>}
      <Warnings warnings={result.warnings} />
      <div className="actions">
        <button type="button" onClick={() => workspace.store.set({ panel: 'accuracy' })}>
          {t('Show result')}
        </button>
      </div>
    </>
  );
}
