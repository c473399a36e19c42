import { type ReactElement, useState } from 'react';
import { Button } from 'react-aria-components';
import { roisFor } from '../../state/roisInUse.ts';
import { nameOfScene, sceneToMap } from '../../state/sceneToMap.ts';
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
  const desk = useDesk();
  const { workspace } = desk;
  const folder = useWorkspace((state) => state.project?.folder ?? '');
  const rois = useWorkspace((state) => state.document.rois);
  const own = new Set([...rois.values()].flatMap(({ scene }) => scene ?? []));
  // Copies for several scenes lie on each other: one scene is what another program wants.
  const [scene, setScene] = useState(own.size > 0 ? (sceneToMap(desk) ?? '') : '');
  const scenes = [...new Set([...own, ...(scene === '' ? [] : [scene])])];
  const count = scene === '' ? rois.size : roisFor(rois, scene).size;
  const [format, setFormat] = useState<(typeof formats)[number][0]>('gpkg');
  const [path, setPath] = useState(`${folder}/rois.gpkg`);
  const [overwrite, setOverwrite] = useState(false);
  const write = async (): Promise<void> => {
    await workspace.saved();
    const result = await workspace.host.call('rois.export', {
      path,
      format,
      overwrite,
      ...(scene === '' ? {} : { scene }),
    });
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
        {own.size > 0 && (
          <Select
            label={t('ROIs of')}
            value={scene}
            options={[
              ['', t('All scenes')] as const,
              ...scenes.map((uri) => [uri, nameOfScene(workspace, uri)] as const),
            ]}
            onChange={setScene}
          />
        )}
        <p>{t('{count} ROIs are written.', { count })}</p>
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
