import { type ReactElement, useState } from 'react';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import type { DeskInput } from '../../../app/contract/deskApi.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { outputPath } from '../export/outputPath.ts';
import { WrittenFiles } from '../export/WrittenFiles.tsx';
import { Field, Select } from '../fields.tsx';

type Export = DeskInput<'spectra.export'>;
type ExportSpectrum = Export['spectra'][number];

/** Writes the signatures that are shown: a table for a spreadsheet, or a library for spectral software. */
export function ExportSpectra({
  info,
  spectra,
}: {
  readonly info: SceneInfo;
  readonly spectra: readonly ExportSpectrum[];
}): ReactElement {
  const { workspace } = useDesk();
  const folder = useWorkspace((state) => state.project?.folder ?? '');
  const [format, setFormat] = useState<Export['format']>('csv');
  const [name, setName] = useState(t('Spectra'));
  const [overwrite, setOverwrite] = useState(false);
  const [files, setFiles] = useState<readonly string[]>([]);
  const path = outputPath(folder, `${name.replace(/\.(csv|sli)$/i, '')}.${format}`);
  const write = (): void => {
    setFiles([]);
    const input = { scene: info.scene, path, format, overwrite, spectra: [...spectra] };
    workspace.host
      .call('spectra.export', input)
      .then((written) => setFiles(written.files), workspace.report);
  };
  return (
    <>
      <div className="pair">
        <Select
          label={t('Format')}
          value={format}
          options={[
            ['csv', t('Table (CSV)')],
            ['sli', t('ENVI spectral library')],
          ]}
          onChange={setFormat}
        />
        <Field label={t('File name')}>
          <input
            value={name}
            spellCheck={false}
            onChange={(event) => setName(event.target.value)}
          />
        </Field>
      </div>
      <p className="path">{path}</p>
      <label className="check">
        <input
          type="checkbox"
          checked={overwrite}
          onChange={(event) => setOverwrite(event.target.checked)}
        />
        {t('Write over a file of this name')}
      </label>
      <div className="actions">
        <button type="button" disabled={spectra.length === 0 || name.trim() === ''} onClick={write}>
          {t('Export {count} signatures', { count: spectra.length })}
        </button>
      </div>
      <div role="status">
        <WrittenFiles files={files} />
      </div>
    </>
  );
}
