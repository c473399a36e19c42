import { type ReactElement, useEffect, useState } from 'react';
import type { DeskInput } from '../../../app/contract/deskApi.ts';
import { t } from '../../words/translate.ts';
import { type ClassMap, useClassMaps } from '../accuracy/classMaps.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { Field, NumberField, Select } from '../fields.tsx';
import { outputPath } from './outputPath.ts';
import { WrittenFiles } from './WrittenFiles.tsx';

type Export = DeskInput<'export.map'>;
type Format = Export['format'];

export const formats: readonly (readonly [Format, string, string])[] = [
  ['cog', 'GeoTIFF (COG)', '.tif'],
  ['gpkg', 'Polygons as GeoPackage', '.gpkg'],
  ['geojson', 'Polygons as GeoJSON', '.geojson'],
  ['png', 'PNG with world file', '.png'],
  ['pdf', 'Map sheet as PDF', '.pdf'],
  ['qml', 'Style for QGIS (QML)', '.qml'],
  ['sld', 'Style as SLD', '.sld'],
];

const isVector = (format: Format): boolean => format === 'gpkg' || format === 'geojson';
const isRaster = (format: Format): boolean =>
  format === 'cog' || format === 'png' || format === 'pdf';

/** Writes a class map in a form that others can use. */
export function ExportPanel(): ReactElement {
  const maps = useClassMaps();
  const selected = useWorkspace((state) => state.selectedLayer);
  const [chosen, setChosen] = useState<string>();
  if (maps.length === 0)
    return (
      <p className="empty">
        {t('No class map is open. Map a scene, or open a class map, to export it.')}
      </p>
    );
  const wanted = chosen ?? selected;
  const map = maps.find(({ row }) => row.id === wanted) ?? maps[0]!;
  return (
    <div className="form">
      <h2>{t('Export a map')}</h2>
      <Select
        label={t('Class map')}
        value={map.row.id}
        options={maps.map(({ row }) => [row.id, row.name] as const)}
        onChange={setChosen}
      />
      <ExportForm key={map.row.id} map={map} />
    </div>
  );
}

/** Names and colours as the layer shows them. */
function shownClasses({ row, info }: ClassMap): Export['classes'] {
  return (info.classes ?? []).map(({ value, name, color }) => ({
    value,
    name,
    color: row.style?.colors[String(value)] ?? color,
  }));
}

function ExportForm({ map }: { readonly map: ClassMap }): ReactElement {
  const folder = useWorkspace((state) => state.project?.folder ?? '');
  const [format, setFormat] = useState<Format>('cog');
  const [sieve, setSieve] = useState(0);
  const [simplify, setSimplify] = useState(0);
  const bare = map.row.name.replace(/\.tiff?$/i, '');
  const [title, setTitle] = useState(bare);
  const [overwrite, setOverwrite] = useState(false);
  const extension = formats.find(([one]) => one === format)![2];
  const [name, setName] = useState('');
  useEffect(() => setName(`${bare} export${extension}`), [bare, extension]);
  const path = outputPath(folder, name);
  const input: Export = {
    map: map.info.uri,
    out: path,
    format,
    overwrite,
    classes: shownClasses(map),
    ...(isRaster(format) || isVector(format) ? { sieve } : {}),
    ...(isVector(format) ? { simplify } : {}),
    ...(format === 'pdf' ? { title } : {}),
  };
  return (
    <>
      <Select
        label={t('Format')}
        value={format}
        options={formats.map(([one, label]) => [one, t(label)] as const)}
        onChange={setFormat}
      />
      {(isRaster(format) || isVector(format)) && (
        <NumberField
          label={t('Sieve: areas of fewer pixels join their largest neighbour')}
          value={sieve}
          range={[0, 1_000_000]}
          onChange={(pixels) => setSieve(Math.round(pixels))}
        />
      )}
      {isVector(format) && (
        <NumberField
          label={t('Simplify borders, pixels')}
          value={simplify}
          range={[0, 100]}
          step={0.5}
          onChange={setSimplify}
        />
      )}
      {format === 'pdf' && (
        <Field label={t('Title of the sheet')}>
          <input value={title} maxLength={200} onChange={(event) => setTitle(event.target.value)} />
        </Field>
      )}
      <Field label={t('File name')}>
        <input value={name} spellCheck={false} onChange={(event) => setName(event.target.value)} />
      </Field>
      <p className="path">{path}</p>
      <label className="check">
        <input
          type="checkbox"
          checked={overwrite}
          onChange={(event) => setOverwrite(event.target.checked)}
        />
        {t('Write over a file of this name')}
      </label>
      <ExportRun input={input} ready={name.trim() !== ''} />
    </>
  );
}

/** The button, and what came of it: the files, or why there are none. */
function ExportRun({
  input,
  ready,
}: {
  readonly input: Export;
  readonly ready: boolean;
}): ReactElement {
  const { workspace } = useDesk();
  const [running, setRunning] = useState<AbortController>();
  const [files, setFiles] = useState<readonly string[]>([]);
  useEffect(() => () => running?.abort(), [running]);
  const run = async (): Promise<void> => {
    const controller = new AbortController();
    setRunning(controller);
    setFiles([]);
    try {
      const result = await workspace.host.call('export.map', input, controller.signal);
      setFiles(result.files.length === 0 ? [result.path] : result.files);
    } catch (error) {
      workspace.report(error);
    } finally {
      setRunning(undefined);
    }
  };
  return (
    <>
      <div className="actions">
        <button
          type="button"
          className="primary"
          disabled={!ready || running !== undefined}
          onClick={() => void run()}
        >
          {running === undefined ? t('Export') : t('Exporting…')}
        </button>
        {running !== undefined && (
          <button type="button" onClick={() => running.abort()}>
            {t('Cancel')}
          </button>
        )}
      </div>
      <div role="status">
        <WrittenFiles files={files} />
      </div>
    </>
  );
}
