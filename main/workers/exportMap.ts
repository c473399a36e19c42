import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DeskOutput } from '../../app/contract/deskApi.ts';
import { AppError } from '../../app/error.ts';
import { openScene } from '../raster/formats.ts';
import { programVersion } from '../version.ts';
import { exportCog } from './exportCog.ts';
import { exportLayout } from './exportLayout.ts';
import { exportPicture } from './exportPicture.ts';
import { exportPolygons } from './exportPolygons.ts';
import { type Exporter, type ExportRequest, exportedMap } from './exportSource.ts';
import { exportStyle } from './exportStyle.ts';
import { createManifest, describeInputs, type RunManifest } from './manifest.ts';
import { startRun } from './run.ts';
import type { TaskContext } from './task.ts';

/** One more form: a row here, and its name in the contract. */
const exporters: Readonly<
  Record<ExportRequest['format'], { readonly ending: RegExp; readonly write: Exporter }>
> = {
  cog: { ending: /\.tiff?$/i, write: exportCog },
  gpkg: { ending: /\.gpkg$/i, write: exportPolygons },
  geojson: { ending: /\.(geo)?json$/i, write: exportPolygons },
  png: { ending: /\.png$/i, write: exportPicture },
  pdf: { ending: /\.pdf$/i, write: exportLayout },
  qml: { ending: /\.qml$/i, write: exportStyle },
  sld: { ending: /\.sld$/i, write: exportStyle },
};

/** Writes a class map for other programs. @throws AppError `bad-labels`, `not-writable`, `disk-full`, `too-large`, `cancelled` */
export async function exportMap(
  request: ExportRequest,
  context: TaskContext,
): Promise<DeskOutput<'export.map'>> {
  const run = startRun(context);
  const { format, map, overwrite } = request;
  const { ending, write } = exporters[format];
  const named = ending.test(request.out) ? request.out : `${request.out}.${endingOf(format)}`;
  const path = resolve(named);
  if (path === resolve(map))
    throw new AppError('usage', `${path} is the map itself. Choose another name.`, { path });
  if (existsSync(path) && !overwrite)
    throw new AppError(
      'not-writable',
      `${path} exists already. Choose another name, or replace it.`,
      { path, exists: true },
    );
  const source = await openScene(map);
  try {
    const manifest = await manifestOf(request, context);
    const exported = { ...(await exportedMap(source, request, context)), manifest };
    const files = await write(exported, path, request, context);
    const record = await run.record(`${path}.json`, manifest, {}, [path]);
    return { path, files: [...files, record] };
  } finally {
    await source.close();
  }
}

async function manifestOf(
  { out: _, overwrite: __, ...settings }: ExportRequest,
  { signal }: TaskContext,
): Promise<RunManifest> {
  return createManifest('export', {
    inputs: await describeInputs([{ role: 'map', uri: settings.map }], signal),
    settings,
    engine: { id: 'counting', device: 'CPU', versions: { prismap: programVersion() } },
  });
}

const endingOf = (format: ExportRequest['format']): string => (format === 'cog' ? 'tif' : format);
