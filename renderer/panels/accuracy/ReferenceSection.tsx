import { type ReactElement, useState } from 'react';
import { addScene } from '../../edits/layers.ts';
import { decimalText } from '../../words/numbers.ts';
import { said, t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { FileField } from '../export/FileField.tsx';
import { outputPath } from '../export/outputPath.ts';
import { WrittenFiles } from '../export/WrittenFiles.tsx';
import { Field, Select } from '../fields.tsx';
import { JobProgress } from '../jobs/JobProgress.tsx';
import { JobState } from '../jobs/jobState.tsx';
import { OpenReport } from '../jobs/OpenReport.tsx';
import { resultOf } from '../jobs/results.ts';
import type { ClassMap } from './classMaps.ts';
import { Figures } from './Figures.tsx';

/** Compares a map with polygons or a raster that say what is there: figures as a job, and a raster of agreement. */
export function ReferenceSection({ maps }: { readonly maps: readonly ClassMap[] }): ReactElement {
  const { workspace } = useDesk();
  const [chosen, setChosen] = useState(maps[0]!.info.uri);
  const [reference, setReference] = useState('');
  const [field, setField] = useState('');
  const [exclude, setExclude] = useState(true);
  const rois = useWorkspace((state) => state.document.rois.size);
  const job = useWorkspace(({ jobs }) => jobs.find(({ kind }) => kind === 'evaluate'));
  const map = maps.find(({ info }) => info.uri === chosen) ?? maps[0]!;
  const classField = field.trim() === '' ? {} : { classField: field.trim() };
  const evaluate = (): void => {
    const title = t('Accuracy of {name}', { name: map.row.name });
    const input = {
      map: map.info.uri,
      reference,
      ...classField,
      ...(exclude && rois > 0 ? { exclude: 'project' } : {}),
      report: `${title}.html`,
    };
    workspace
      .saved()
      .then(() => workspace.host.call('job.start', { kind: 'evaluate', title, input }))
      .catch(workspace.report);
  };
  const result = resultOf(job, 'evaluate');
  return (
    <>
      <Select
        label={t('Class map')}
        value={map.info.uri}
        options={maps.map(({ row, info }) => [info.uri, row.name] as const)}
        onChange={setChosen}
      />
      <FileField
        label={t('Reference: polygons or a class raster')}
        value={reference}
        accept={({ kind }) => kind === 'vector' || kind === 'scene'}
        onChange={setReference}
      />
      <Field label={t('Field of the class name (polygons; found by itself where empty)')}>
        <input
          value={field}
          spellCheck={false}
          onChange={(event) => setField(event.target.value)}
        />
      </Field>
      <label className="check">
        <input
          type="checkbox"
          checked={exclude}
          onChange={(event) => setExclude(event.target.checked)}
        />
        {t('Leave out pixels of the ROIs of this project: the model has seen them')}
      </label>
      <div className="actions">
        <button type="button" className="primary" disabled={reference === ''} onClick={evaluate}>
          {t('Evaluate')}
        </button>
        <ErrorRaster map={map} reference={reference} classField={classField} />
      </div>
      {job !== undefined && (
        <article className="card" aria-label={job.title}>
          <header>
            <h3>{job.title}</h3>
            <JobState state={job.state} />
          </header>
          <JobProgress job={job} />
          {job.error !== undefined && <p className="error-text">{said(job.error)}</p>}
          {result !== undefined && <Figures result={result} />}
          {result?.report !== undefined && (
            <>
              <WrittenFiles files={[result.report]} />
              <div className="actions">
                <OpenReport path={result.report} title={job.title} />
              </div>
            </>
          )}
        </article>
      )}
    </>
  );
}

/** Writes where map and reference agree, and shows it as a layer. */
function ErrorRaster({
  map,
  reference,
  classField,
}: {
  readonly map: ClassMap;
  readonly reference: string;
  readonly classField: { readonly classField?: string };
}): ReactElement {
  const { workspace } = useDesk();
  const folder = useWorkspace((state) => state.project?.folder ?? '');
  const [busy, setBusy] = useState(false);
  const make = async (): Promise<void> => {
    setBusy(true);
    try {
      const name = t('Errors of {name}', { name: map.row.name });
      const { raster, agrees, differs } = await workspace.host.call('accuracy.errors', {
        map: map.info.uri,
        reference,
        ...classField,
        out: outputPath(folder, `${name}.tif`),
      });
      await addScene(workspace, raster, name);
      const share = (100 * agrees) / Math.max(1, agrees + differs);
      workspace.notify(t('{share} % of the pixels agree.', { share: decimalText(share, 1) }));
    } catch (error) {
      workspace.report(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type="button" disabled={busy || reference === ''} onClick={() => void make()}>
      {busy ? t('Comparing…') : t('Make an error raster')}
    </button>
  );
}
