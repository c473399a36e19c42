import { basename, extname } from 'node:path';
import { AppError } from '../../../app/error.ts';
import { pixelArea } from '../../../app/raster/geoTransform.ts';
import type { Grid } from '../../../app/raster/grid.ts';
import type { Band, SceneDescription, SceneSource } from '../../../app/raster/scene.ts';
import { readSensor, recogniseSensor, type Sensor } from '../scenes/sensors.ts';
import { createLayeredSource, type Layer } from './layers.ts';

const mostFiles = 4096;

/**
 * Opens several files as one scene, a band after the other, on the grid of the finest. Files of the same sensor get its
 * band names and wavelengths.
 * @param open opens one file
 * @throws AppError `unsupported` where the files do not fit together
 */
export async function openStack(
  uri: string,
  files: readonly string[],
  open: (path: string) => Promise<SceneSource>,
): Promise<SceneSource> {
  if (files.length > mostFiles) {
    throw new AppError(
      'too-large',
      `${uri} names ${files.length} files; at most ${mostFiles} are stacked.`,
      { uri, files: files.length },
    );
  }
  const sources: SceneSource[] = [];
  try {
    for (const file of files) sources.push(await open(file));
    const layers = sources.flatMap((source) =>
      source.description.bands.map(
        (_, band): Layer => ({ source, band, grid: source.description.grid, invalid: [] }),
      ),
    );
    const stems = files.map((file) => basename(file).slice(0, -extname(file).length || undefined));
    const description = await describe(uri, sources, stems);
    return createLayeredSource(description, layers);
  } catch (error) {
    for (const source of sources) await source.close();
    throw error;
  }
}

async function describe(
  uri: string,
  sources: readonly SceneSource[],
  stems: readonly string[],
): Promise<SceneDescription> {
  const grid = finest(sources.map((source) => source.description.grid));
  const single = sources.every((source) => source.description.bands.length === 1);
  const recognised = single ? recogniseSensor(stems) : undefined;
  const sensor = recognised === undefined ? undefined : await readSensor(recognised.sensor);
  const bands = sources.flatMap((source, i) =>
    source.description.bands.map((band) => {
      if (!single) return { ...band, name: `${stems[i]!}: ${band.name}` };
      const name = recognised?.bands[i];
      return name === undefined ? named(band, stems[i]!) : withSensor(band, name, sensor!);
    }),
  );
  const first = sources.find((source) => source.description.grid === grid)!.description;
  return {
    uri,
    format: 'stack',
    grid,
    bands,
    overviews: first.overviews,
    block: first.block,
    metadata: sensor === undefined ? {} : { sensor: sensor.sensor },
    files: [...new Set(sources.flatMap((source) => source.description.files))],
  };
}

/** The grid with the smallest pixels; without georeference, with the most. */
function finest(grids: readonly Grid[]): Grid {
  const size = (grid: Grid): number =>
    grid.transform === undefined ? 1 / (grid.width * grid.height) : pixelArea(grid.transform);
  return grids.reduce((best, grid) => (size(grid) < size(best) * (1 - 1e-6) ? grid : best));
}

/** A file's own description of its band tells more than its name, unless it is a number. */
function named(band: Band, stem: string): Band {
  return /^(band[ _]?\d*|grey|gray|)$/i.test(band.name) ? { ...band, name: stem } : band;
}

function withSensor(band: Band, name: string, sensor: Sensor): Band {
  const known = sensor.bands.find((candidate) => candidate.name === name)!;
  return { ...band, name, wavelengthNm: known.centreNm, fwhmNm: known.fwhmNm };
}
