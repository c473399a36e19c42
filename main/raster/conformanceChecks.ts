import { invert } from '../../app/raster/geoTransform.ts';
import { type SampleArray, sampleTypeOf } from '../../app/raster/samples.ts';
import type { RasterBlock, ReadRequest, SceneSource } from '../../app/raster/scene.ts';

/** Notes a rule that does not hold, with what was found instead. */
export type Check = (rule: string, holds: boolean, found: string) => void;

/** What a description has to say, whatever the format. */
export function checkDescription(source: SceneSource, check: Check): void {
  const { grid, bands, overviews, block, files, format } = source.description;
  const whole = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
  check(
    'width and height are whole and above 0',
    whole(grid.width) && whole(grid.height),
    `${grid.width} × ${grid.height}`,
  );
  check('has bands', bands.length > 0, '0');
  check(
    'bands have names',
    bands.every((band) => band.name.trim() !== ''),
    bands.map((band) => band.name).join('|'),
  );
  const scaled = bands.every(
    (band) => Number.isFinite(band.scale) && band.scale !== 0 && Number.isFinite(band.offset),
  );
  check('scale and offset are finite', scaled, JSON.stringify(bands.slice(0, 4)));
  check(
    'block lies within the grid',
    whole(block.width) &&
      whole(block.height) &&
      block.width <= grid.width &&
      block.height <= grid.height,
    JSON.stringify(block),
  );
  const sizes = [grid, ...overviews];
  const falling = overviews.every(
    (size, i) => size.width <= sizes[i]!.width && size.height <= sizes[i]!.height,
  );
  check('overviews become smaller', falling, JSON.stringify(overviews));
  check('names its files', files.length > 0, '0');
  check('names its format', format !== '', format);
  const usable = grid.transform === undefined || invert(grid.transform) !== undefined;
  check('transform can be inverted', usable, String(grid.transform));
}

/** Sizes, types, masks of one result against its request. */
export function checkBlock(
  source: SceneSource,
  read: { readonly request: ReadRequest; readonly block: RasterBlock; readonly rule: string },
  check: Check,
): void {
  const { request, block, rule } = read;
  const indices = request.bands ?? source.description.bands.map((_, index) => index);
  const size = request.size ?? request.window;
  const pixels = size.width * size.height;
  check(
    `${rule}: result has the size asked for`,
    block.width === size.width && block.height === size.height,
    `${block.width} × ${block.height}`,
  );
  check(
    `${rule}: one array and mask a band`,
    block.bands.length === indices.length && block.masks.length === indices.length,
    `${block.bands.length}, ${block.masks.length}`,
  );
  for (const [i, samples] of block.bands.entries()) {
    const band = source.description.bands[indices[i]!]!;
    const mask = block.masks[i];
    check(
      `${rule}: native type`,
      sampleTypeOf(samples) === band.type,
      `${sampleTypeOf(samples)}, not ${band.type}`,
    );
    check(`${rule}: as many samples as pixels`, samples.length === pixels, String(samples.length));
    check(
      `${rule}: mask has as many cells`,
      mask === undefined || mask.length === pixels,
      String(mask?.length),
    );
    check(
      `${rule}: mask is 0 or 1`,
      mask?.every((cell) => cell === 0 || cell === 1) ?? true,
      'other values',
    );
    const wrong = unmasked(samples, mask, band.nodata);
    check(`${rule}: nodata and NaN are masked`, wrong < 0, `pixel ${wrong} of band ${i + 1}`);
  }
}

/** First pixel that is nodata or NaN but not masked; -1 where there is none. */
function unmasked(
  samples: SampleArray,
  mask: Uint8Array | undefined,
  nodata: number | undefined,
): number {
  const single = samples instanceof Float32Array;
  const absent = nodata === undefined ? Number.NaN : single ? Math.fround(nodata) : nodata;
  for (let i = 0; i < samples.length; i++) {
    const value = Number(samples[i]);
    if ((value === absent || Number.isNaN(value)) && (mask === undefined || mask[i] !== 0))
      return i;
  }
  return -1;
}

/** Equal samples; NaN equals NaN. */
export function same(a: number | bigint, b: number | bigint): boolean {
  return a === b || (Number.isNaN(Number(a)) && Number.isNaN(Number(b)));
}
