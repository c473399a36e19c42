import { AppError } from '../../../app/error.ts';
import { type Window, wholeWindow } from '../../../app/raster/grid.ts';
import { bytesPerSample } from '../../../app/raster/samples.ts';
import type { ReadRequest, SceneDescription } from '../../../app/raster/scene.ts';
import { limits } from './limits.ts';

/** A request that has been checked against its scene. */
export type CheckedRequest = {
  readonly window: Window;
  readonly bands: readonly number[];
  readonly width: number;
  readonly height: number;
  /** Source column of each result column, ascending. */
  readonly columns: Int32Array;
  /** Source row of each result row, ascending. */
  readonly rows: Int32Array;
  readonly signal: AbortSignal | undefined;
};

/**
 * Nearest neighbour: the source index under the centre of each of `count` cells that share [start, start + length)
 * equally. The same rule as GDAL's.
 */
export function nearestIndices(start: number, length: number, count: number): Int32Array {
  const result = new Int32Array(count);
  const last = start + length - 1;
  for (let i = 0; i < count; i++) {
    result[i] = Math.min(last, start + Math.floor(((i + 0.5) * length) / count + 1e-10));
  }
  return result;
}

/** @throws AppError `no-overlap` for windows outside, `usage` for bands or sizes that cannot be, `too-large` */
export function checkRequest(scene: SceneDescription, request: ReadRequest): CheckedRequest {
  const window = request.window;
  checkWindow(scene, window);
  const bands = request.bands ?? scene.bands.map((_, index) => index);
  for (const band of bands) {
    if (scene.bands[band] !== undefined) continue;
    throw new AppError(
      'usage',
      `${scene.uri} has ${scene.bands.length} bands; band number ${band + 1} was asked for.`,
      { uri: scene.uri, bands: scene.bands.length, band },
    );
  }
  const { width, height } = request.size ?? window;
  checkSize(scene, { width, height, bands });
  return {
    window,
    bands,
    width,
    height,
    columns: nearestIndices(window.x, window.width, width),
    rows: nearestIndices(window.y, window.height, height),
    signal: request.signal,
  };
}

function checkWindow(scene: SceneDescription, window: Window): void {
  const whole = wholeWindow(scene.grid);
  const { x, y, width, height } = window;
  const integers = [x, y, width, height].every((value) => Number.isSafeInteger(value));
  const inside =
    x >= 0 && y >= 0 && x + width <= whole.width && y + height <= whole.height && width > 0;
  if (integers && inside && height > 0) return;
  throw new AppError(
    'no-overlap',
    `The window of ${width} × ${height} pixels at (${x}, ${y}) does not lie within ${scene.uri}, ` +
      `which has ${whole.width} × ${whole.height}. Choose a window inside the scene.`,
    { uri: scene.uri, window, width: whole.width, height: whole.height },
  );
}

function checkSize(
  scene: SceneDescription,
  size: { width: number; height: number; bands: readonly number[] },
): void {
  const { width, height, bands } = size;
  if (!Number.isSafeInteger(width) || !Number.isSafeInteger(height) || width < 1 || height < 1) {
    throw new AppError(
      'usage',
      `A result of ${width} × ${height} pixels cannot be made: both have to be whole numbers above 0.`,
      { width, height },
    );
  }
  let bytes = 0;
  for (const band of bands) bytes += width * height * bytesPerSample(scene.bands[band]!.type);
  if (bytes <= limits.resultBytes) return;
  throw new AppError(
    'too-large',
    `Reading ${width} × ${height} pixels of ${bands.length} bands of ${scene.uri} at once takes ` +
      `${Math.ceil(bytes / 2 ** 20)} MiB; the limit is ${limits.resultBytes / 2 ** 20} MiB. Read smaller windows.`,
    { uri: scene.uri, bytes, limit: limits.resultBytes },
  );
}
