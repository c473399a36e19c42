import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { wholeWindow } from '../../app/raster/grid.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { scanWindows } from '../../app/raster/tiling.ts';
import { floatValues, readSafetensors, type SafeTensor } from '../engines/safetensors.ts';
import { openScene } from '../raster/formats.ts';
import { hashFile } from './hashFile.ts';
import type { TaskContext } from './task.ts';

type Pair = { readonly before: string; readonly after: string };

/** In words where two files of a kind differ, or undefined where they are the same byte by byte. */
export async function compareOutputs(
  { before, after }: Pair,
  { signal }: TaskContext,
): Promise<string | undefined> {
  const [one, other] = [await hashFile(before, { signal }), await hashFile(after, { signal })];
  if (one === other) return undefined;
  const ending = extname(before).toLowerCase();
  if (/^\.tiff?$/.test(ending)) return await compareRasters(before, after, signal);
  if (ending === '.safetensors') return await compareTensors(before, after);
  if (ending === '.json')
    return compareJson(await readFile(before, 'utf8'), await readFile(after, 'utf8'));
  return `the bytes differ (SHA-256 ${one.slice(0, 12)}… then, ${other.slice(0, 12)}… now)`;
}

async function compareRasters(before: string, after: string, signal: AbortSignal): Promise<string> {
  const [one, other] = [await openScene(before), await openScene(after)];
  try {
    const [a, b] = [one.description, other.description];
    if (a.grid.width !== b.grid.width || a.grid.height !== b.grid.height)
      return `the size was ${a.grid.width} × ${a.grid.height} pixels, now ${b.grid.width} × ${b.grid.height}`;
    if (a.bands.length !== b.bands.length)
      return `it had ${a.bands.length} bands, now ${b.bands.length}`;
    return (await differingPixels(one, other, signal)) ?? differingTags(a.metadata, b.metadata);
  } finally {
    await one.close();
    await other.close();
  }
}

async function differingPixels(
  one: SceneSource,
  other: SceneSource,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { grid, block, bands } = one.description;
  let [differing, largest] = [0, 0];
  let first: readonly [number, number] | undefined;
  for (const window of scanWindows(wholeWindow(grid), block)) {
    const [a, b] = [await one.read({ window, signal }), await other.read({ window, signal })];
    for (let band = 0; band < bands.length; band++)
      for (let i = 0; i < window.width * window.height; i++) {
        const [left, right] = [Number(a.bands[band]![i]), Number(b.bands[band]![i])];
        if (Object.is(left, right)) continue;
        differing += 1;
        largest = Math.max(largest, Math.abs(left - right));
        first ??= [window.x + (i % window.width), window.y + Math.floor(i / window.width)];
      }
  }
  if (first === undefined) return undefined;
  const all = grid.width * grid.height * bands.length;
  const values = bands[0]!.type === 'float32' ? `, by ${largest.toPrecision(3)} at most` : '';
  return `${differing} of ${all} values differ${values}; the first at column ${first[0]}, row ${first[1]}`;
}

function differingTags(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): string {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  const differing = [...keys].filter((key) => one[key] !== other[key]);
  if (differing.length === 0) return 'every pixel is the same, but the bytes of the file differ';
  const details = differing
    .filter((key) => one[key] !== undefined && other[key] !== undefined && one[key].startsWith('{'))
    .map((key) => compareJson(one[key]!, other[key]!));
  return `every pixel is the same; what the file says of itself differs (${[...differing, ...details].join('; ')})`;
}

async function compareTensors(before: string, after: string): Promise<string> {
  const [one, other] = [
    readSafetensors(await readFile(before), before),
    readSafetensors(await readFile(after), after),
  ];
  const names = new Set([...one.tensors.keys(), ...other.tensors.keys()]);
  let [differing, largest, worst] = [0, 0, ''];
  for (const name of names) {
    const [a, b] = [one.tensors.get(name), other.tensors.get(name)];
    if (a === undefined || b === undefined || String(a.shape) !== String(b.shape))
      return `the tensor "${name}" is not there in both, or of another shape`;
    if (Buffer.compare(a.bytes, b.bytes) === 0) continue;
    differing += 1;
    const most = largestStep(a, b, name);
    if (most > largest) [largest, worst] = [most, name];
  }
  return differing === 0
    ? 'every tensor is the same; what the file says of itself differs'
    : `${differing} of ${names.size} tensors differ, most of all "${worst}" by ${largest.toPrecision(3)}`;
}

/** Greatest difference of two tensors of floats; 1 for numbers that are names or positions. */
function largestStep(a: SafeTensor, b: SafeTensor, name: string): number {
  if (!/^(F|BF)/.test(a.type) || !/^(F|BF)/.test(b.type)) return 1;
  const [left, right] = [floatValues(a, name), floatValues(b, name)];
  return left.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i]!)), 0);
}

/** Paths of values that differ. */
function compareJson(one: string, other: string): string {
  const paths: string[] = [];
  const walk = (a: unknown, b: unknown, path: string): void => {
    if (JSON.stringify(a) === JSON.stringify(b)) return;
    if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
      const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
      for (const key of keys)
        walk(
          (a as Record<string, unknown>)[key],
          (b as Record<string, unknown>)[key],
          path === '' ? key : `${path}.${key}`,
        );
    } else paths.push(`${path}: ${shown(a)}, now ${shown(b)}`);
  };
  walk(JSON.parse(one), JSON.parse(other), '');
  const more = paths.length > 5 ? ` … (${paths.length} in all)` : '';
  return paths.length === 0
    ? 'only its spacing or order differs'
    : `${paths.slice(0, 5).join('; ')}${more}`;
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 60);
