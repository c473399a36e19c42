import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import type { Band, BandStatistics, SceneSource } from '../../app/raster/scene.ts';
import { openScene } from '../raster/formats.ts';
import { sceneStatistics } from '../raster/statistics.ts';
import type { TaskContext } from './task.ts';

/** Says what a raster is, from its headers; statistics and pixel values on request. */
export async function info(input: Input<'info'>, context: TaskContext): Promise<Output<'info'>> {
  const source = await openScene(input.scene);
  try {
    const { grid, bands, format, overviews, metadata, classNames } = source.description;
    const statistics = input.stats
      ? await sceneStatistics(source, {
          signal: context.signal,
          onProgress: (share) =>
            context.emit({
              kind: 'progress',
              stage: 'statistics',
              done: Math.round(share * 100),
              total: 100,
            }),
        })
      : undefined;
    return {
      format,
      width: grid.width,
      height: grid.height,
      bands: bands.map((band, index) => describeBand(band, statistics?.[index])),
      ...(grid.crs === undefined ? {} : { crs: grid.crs }),
      ...(grid.transform === undefined ? {} : { geotransform: [...grid.transform] }),
      overviews: [...overviews],
      ...(classNames === undefined
        ? {}
        : { classes: [...classNames].map(([value, name]) => ({ value, name })) }),
      metadata,
      ...(input.sample.length === 0 ? {} : { samples: await readSamples(source, input.sample) }),
    };
  } finally {
    await source.close();
  }
}

function describeBand(
  band: Band,
  computed: BandStatistics | undefined,
): Output<'info'>['bands'][number] {
  const { name, type, nodata, scale, offset, wavelengthNm, fwhmNm, unit, bad } = band;
  const statistics = computed ?? band.statistics;
  return {
    name,
    dtype: type,
    scale,
    offset,
    ...(nodata === undefined ? {} : { nodata: Number.isNaN(nodata) ? 'nan' : nodata }),
    ...(wavelengthNm === undefined ? {} : { wavelengthNm }),
    ...(fwhmNm === undefined ? {} : { fwhmNm }),
    ...(unit === undefined ? {} : { unit }),
    ...(bad === undefined ? {} : { bad }),
    ...finite(statistics),
  };
}

/** The figures that are numbers: a band without a valid pixel has none. */
function finite(statistics: BandStatistics | undefined): Partial<BandStatistics> {
  const { min, max, mean, std, validPercent } = statistics ?? {};
  const entries = Object.entries({ min, max, mean, std, validPercent });
  return Object.fromEntries(entries.filter(([, value]) => Number.isFinite(value)));
}

async function readSamples(
  source: SceneSource,
  positions: readonly (readonly [number, number])[],
): Promise<NonNullable<Output<'info'>['samples']>> {
  const { width, height } = source.description.grid;
  const samples: { x: number; y: number; values: (number | null)[] }[] = [];
  for (const [x, y] of positions) {
    if (x >= width || y >= height) {
      throw new AppError(
        'no-overlap',
        `Pixel (${x}, ${y}) lies outside ${source.description.uri}, which has ${width} × ${height} pixels. Columns and rows count from 0.`,
      );
    }
    const block = await source.read({ window: { x, y, width: 1, height: 1 } });
    // As stored; JSON has neither NaN nor infinity.
    const values = block.bands
      .map((band) => Number(band[0]!))
      .map((value) => (Number.isFinite(value) ? value : null));
    samples.push({ x, y, values });
  }
  return samples;
}
