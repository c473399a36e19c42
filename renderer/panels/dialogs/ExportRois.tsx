import { type ReactElement, useState } from 'react';
import { Button } from 'react-aria-components';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { Field, Select } from '../fields.tsx';
import { Frame } from './Frame.tsx';

const formats = [
  ['gpkg', 'GeoPackage', '.gpkg'],
  ['geojson', 'GeoJSON', '.geojson'],
  ['shapefile', 'Shapefile', '.shp'],
  ['csv', 'CSV (WKT)', '.csv'],
] as const;

/** Writes the ROIs of the project for another program. */
export function ExportRois(): ReactElement {
  const { workspace } = useDesk();
  const folder = useWorkspace((state) => state.project?.folder ?? '');
  const count = useWorkspace((state) => state.document.rois.size);
  const [format, setFormat] = useState<(typeof formats)[number][0]>('gpkg');
  const [path, setPath] = useState(`${folder}/rois.gpkg`);
  const [overwrite, setOverwrite] = useState(false);
  const write = async (): Promise<void> => {
    await workspace.saved();
    const result = await workspace.host.call('rois.export', { path, format, overwrite });
    workspace.store.set({ dialog: 'none' });
    workspace.notify(
      t('{rois} ROIs were written to {path}.', { rois: result.rois, path: result.path }),
    );
  };
  return (
    <Frame title={t('Export ROIs')}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          write().catch(workspace.report);
        }}
      >
        <p>{t('{count} ROIs in the project.', { count })}</p>
        <Select
          label={t('Format')}
          value={format}
          options={formats.map(([id, name]) => [id, name] as const)}
          onChange={(next) => {
            setFormat(next);
            const extension = formats.find(([id]) => id === next)![2];
            setPath(path.replace(/\.[a-z]+$/i, extension));
          }}
        />
        <Field label={t('File')}>
          <input
            value={path}
            onChange={(event) => setPath(event.target.value)}
            spellCheck={false}
          />
        </Field>
        <label>
          <input type="checkbox" checked={overwrite} onChange={() => setOverwrite(!overwrite)} />{' '}
          {t('Replace the file if it is there')}
        </label>
        <Button type="submit" className="primary">
          {t('Export')}
        </Button>
      </form>
    </Frame>
  );
}
