import { AppError } from '../../app/error.ts';
import type { Window } from '../../app/raster/grid.ts';
import type { RasterBlock, SceneSource } from '../../app/raster/scene.ts';
import { type Check, checkBlock, checkDescription, same } from './conformanceChecks.ts';
import { nearestIndices } from './scenes/request.ts';

/** A rule that a scene breaks. */
export type Violation = { readonly rule: string; readonly found: string };

/** Pixels up to which a scene is compared with its whole; a larger one with a window from its middle. */
const wholePixels = 2 ** 20;

/**
 * What every format promises, checked on one scene: description, windows, band order, reduction, masks, ownership of the
 * arrays, cancelling, refusals and closing. Returns the broken rules; none for a good reader. The scene is closed.
 */
export async function sceneViolations(open: () => Promise<SceneSource>): Promise<Violation[]> {
  const source = await open();
  const violations: Violation[] = [];
  const check: Check = (rule, holds, found) => {
    if (!holds) violations.push({ rule, found });
  };
  checkDescription(source, check);
  const base = middle(source);
  const whole = await source.read({ window: base });
  checkBlock(source, { request: { window: base }, block: whole, rule: 'whole read' }, check);
  await checkWindows(source, { base, whole }, check);
  await checkBandOrder(source, { base, whole }, check);
  await checkReduction(source, { base, whole }, check);
  await checkOwnership(source, { base, whole }, check);
  await checkRefusals(source, check);
  await checkCancelling(source, base, check);
  await source.close();
  await source.close();
  const late = await failure(source.read({ window: { ...base, width: 1, height: 1 } }));
  check('reading after close fails with a plain error', late instanceof AppError, String(late));
  return violations;
}

type Reference = { readonly base: Window; readonly whole: RasterBlock };

function middle(source: SceneSource): Window {
  const { width, height } = source.description.grid;
  const bands = source.description.bands.length;
  if (width * height * bands <= wholePixels * 4) return { x: 0, y: 0, width, height };
  const side = Math.max(16, Math.floor(Math.sqrt(wholePixels / Math.min(bands, 64))));
  const [w, h] = [Math.min(side, width), Math.min(side, height)];
  return { x: Math.floor((width - w) / 2), y: Math.floor((height - h) / 2), width: w, height: h };
}

/** Corners, edges, windows over block borders and odd sizes show the same pixels as the whole. */
async function checkWindows(
  source: SceneSource,
  reference: Reference,
  check: Check,
): Promise<void> {
  const { base } = reference;
  const { block } = source.description;
  const right = base.width - 1;
  const bottom = base.height - 1;
  const atX = Math.min(right, Math.max(0, block.width - (base.x % block.width) - 1));
  const atY = Math.min(bottom, Math.max(0, block.height - (base.y % block.height) - 1));
  const windows = [
    [0, 0, 1, 1],
    [right, bottom, 1, 1],
    [right, 0, 1, base.height],
    [0, bottom, base.width, 1],
    [atX, atY, 2, 2],
    [Math.floor(right / 3), Math.floor(bottom / 3), 17, 5],
    [atX, 0, Math.ceil(base.width / 2), Math.ceil(base.height / 2)],
  ].map(([x, y, width, height]) => ({
    x: x!,
    y: y!,
    width: Math.max(1, Math.min(width!, base.width - x!)),
    height: Math.max(1, Math.min(height!, base.height - y!)),
  }));
  for (const inner of windows) {
    const window = { ...inner, x: base.x + inner.x, y: base.y + inner.y };
    const read = await source.read({ window });
    checkBlock(source, { request: { window }, block: read, rule: 'window' }, check);
    const same = differing(reference, { inner, read });
    check(
      'a window shows the pixels of the whole',
      same === '',
      `${JSON.stringify(window)}: ${same}`,
    );
  }
  const together = await Promise.all(
    windows
      .slice(0, 3)
      .map((inner) =>
        source.read({ window: { ...inner, x: base.x + inner.x, y: base.y + inner.y } }),
      ),
  );
  const undisturbed = together.every(
    (read, i) => differing(reference, { inner: windows[i]!, read }) === '',
  );
  check('reads at the same time do not disturb each other', undisturbed, 'other pixels');
}

function differing(reference: Reference, part: { inner: Window; read: RasterBlock }): string {
  const { whole } = reference;
  const { inner, read } = part;
  for (const [b, samples] of read.bands.entries()) {
    for (let y = 0; y < inner.height; y++) {
      for (let x = 0; x < inner.width; x++) {
        const from = (inner.y + y) * whole.width + inner.x + x;
        const at = y * inner.width + x;
        const value = whole.bands[b]![from]!;
        if (!same(samples[at]!, value))
          return `band ${b + 1} at (${x}, ${y}) is ${samples[at]}, not ${value}`;
        const valid = whole.masks[b]?.[from] ?? 1;
        if ((read.masks[b]?.[at] ?? 1) !== valid)
          return `mask of band ${b + 1} at (${x}, ${y}) is not ${valid}`;
      }
    }
  }
  return '';
}

async function checkBandOrder(
  source: SceneSource,
  reference: Reference,
  check: Check,
): Promise<void> {
  const last = source.description.bands.length - 1;
  const bands = [last, 0, Math.floor(last / 2), last];
  const request = { window: reference.base, bands };
  const block = await source.read(request);
  checkBlock(source, { request, block, rule: 'chosen bands' }, check);
  const right = bands.every((band, i) =>
    block.bands[i]!.every((value: number | bigint, at: number) =>
      same(value, reference.whole.bands[band]![at]!),
    ),
  );
  check('bands come in the order asked for, repeated ones too', right, String(bands));
}

/** Without overviews a reduced read is nearest neighbour; with them, its size is right and its values are the scene's. */
async function checkReduction(
  source: SceneSource,
  reference: Reference,
  check: Check,
): Promise<void> {
  const { base, whole } = reference;
  for (const factor of [1, 1.7, 3, 8]) {
    const size = {
      width: Math.max(1, Math.round(base.width / factor)),
      height: Math.max(1, Math.round(base.height / factor)),
    };
    const request = { window: base, size };
    const block = await source.read(request);
    checkBlock(source, { request, block, rule: 'reduced read' }, check);
    if (source.description.overviews.length > 0 && factor > 1) continue;
    const columns = nearestIndices(0, base.width, size.width);
    const rows = nearestIndices(0, base.height, size.height);
    const right = block.bands.every((samples, b) =>
      rows.every((row, y) =>
        columns.every((column, x) =>
          same(samples[y * size.width + x]!, whole.bands[b]![row * base.width + column]!),
        ),
      ),
    );
    check('a reduced read takes the nearest pixel', right, `${size.width} × ${size.height}`);
  }
}

async function checkOwnership(
  source: SceneSource,
  reference: Reference,
  check: Check,
): Promise<void> {
  const window = { ...reference.base, width: Math.min(8, reference.base.width), height: 1 };
  const first = await source.read({ window });
  const kept = first.bands.map((band) => Array.from(band as ArrayLike<number | bigint>));
  for (const band of first.bands) band.fill(0 as never);
  const again = await source.read({ window });
  const right = again.bands.every((band, b) => kept[b]!.every((value, i) => same(value, band[i]!)));
  check(
    'the arrays belong to the caller',
    right,
    'a later read shows the changes of an earlier one',
  );
}

async function checkRefusals(source: SceneSource, check: Check): Promise<void> {
  const { width, height } = source.description.grid;
  const windows: readonly Window[] = [
    { x: -1, y: 0, width: 2, height: 2 },
    { x: 0, y: 0, width: width + 1, height: 1 },
    { x: 0, y: height, width: 1, height: 1 },
    { x: width + 5, y: height + 5, width: 4, height: 4 },
    { x: 0, y: 0, width: 0, height: 1 },
  ];
  for (const window of windows) {
    const error = await failure(source.read({ window }));
    const refused = error instanceof AppError && error.code === 'no-overlap';
    check(
      'a window outside is refused as no-overlap',
      refused,
      `${JSON.stringify(window)}: ${String(error)}`,
    );
  }
  const band = await failure(
    source.read({
      window: { x: 0, y: 0, width: 1, height: 1 },
      bands: [source.description.bands.length],
    }),
  );
  check('a band that is not there is refused', band instanceof AppError, String(band));
}

async function checkCancelling(source: SceneSource, window: Window, check: Check): Promise<void> {
  const before = await failure(source.read({ window, signal: AbortSignal.abort() }));
  check(
    'a cancelled read fails as cancelled',
    before instanceof AppError && before.code === 'cancelled',
    String(before),
  );
  const controller = new AbortController();
  const reading = failure(source.read({ window, signal: controller.signal }));
  controller.abort();
  const during = await reading;
  const sound = during === undefined || (during instanceof AppError && during.code === 'cancelled');
  check('cancelling in mid-read fails as cancelled or comes too late', sound, String(during));
  const after = await failure(source.read({ window: { ...window, width: 1, height: 1 } }));
  check('a scene is usable after a cancelled read', after === undefined, String(after));
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error ?? new Error('nothing');
  }
}
