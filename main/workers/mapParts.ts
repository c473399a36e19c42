import { readFile } from 'node:fs/promises';
import type { Window } from '../../app/raster/grid.ts';
import type { RasterBlock, SceneSource } from '../../app/raster/scene.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { openScene } from '../raster/formats.ts';
import type { MapOutputs, MapWriters } from './mapWriters.ts';
import type { TaskContext } from './task.ts';

/**
 * A share of the windows of a map: those whose first row lies in the share of its rows. Each window is computed as in a run over
 * the whole map, as in one that is continued.
 */
export type MapPart = { readonly index: number; readonly of: number };

/** The rasters of a part as it was written: outside of its windows they hold no data. */
export type PartOutputs = Pick<MapOutputs, 'out' | 'score' | 'probabilities'>;

/** What a part says beside its raster. */
type PartRecord = {
  /** Rows of the map that its windows reach over: the first, and the one behind the last. */
  readonly rows: readonly [from: number, to: number];
  /** Of the whole map. */
  readonly tiles: number;
};

const recordOf = (out: string): string => `${out}.part.json`;

/** Writes what the program that puts parts together has to know. */
export const writePartRecord = (out: string, record: PartRecord): Promise<void> =>
  writeFileAtomic(recordOf(out), JSON.stringify(record));

/** Writers to which all windows but those of a part are done. */
export function partWriters(
  writers: MapWriters,
  { index, of }: MapPart,
  height: number,
): MapWriters & { rows(): PartRecord['rows'] } {
  const first = Math.floor((index * height) / of);
  const end = Math.floor(((index + 1) * height) / of);
  let [from, to] = [height, 0];
  return {
    ...writers,
    done: (window) => window.y < first || window.y >= end || writers.done(window),
    write: async (scored) => {
      const { y, height: rows } = scored.window;
      [from, to] = [Math.min(from, y), Math.max(to, y + rows)];
      await writers.write(scored);
    },
    rows: () => [Math.min(from, to), to],
  };
}

const kinds = ['out', 'score', 'probabilities'] as const;
/** Rows that are put together at a time. */
const bandRows = 256;

/** Writes a whole map from the rasters of its parts; the number of its tiles. @throws AppError of a part that cannot be read */
export async function mergeParts(
  parts: readonly PartOutputs[],
  outputs: PartOutputs,
  writers: MapWriters,
  { width, height }: Pick<Window, 'width' | 'height'>,
  context: TaskContext,
): Promise<number> {
  const known = await Promise.all(
    parts.map(async (part) => {
      const record = JSON.parse(await readFile(recordOf(part.out), 'utf8')) as PartRecord;
      return { ...part, ...record };
    }),
  );
  const sources = new Map<string, SceneSource>();
  const sourceOf = async (path: string): Promise<SceneSource> => {
    const source = sources.get(path) ?? (await openScene(path, { signal: context.signal }));
    sources.set(path, source);
    return source;
  };
  try {
    for (let y = 0; y < height; y += bandRows) {
      const window = { x: 0, y, width, height: Math.min(bandRows, height - y) };
      const some = known.filter(({ rows: [from, to] }) => from < y + window.height && to > y);
      await writers.copy(window, async (path) => {
        const kind = kinds.find((one) => outputs[one] === path)!;
        const read = some.map(async (part) => {
          const source = await sourceOf(part[kind]!);
          return (await source.read({ window, signal: context.signal })).bands;
        });
        return together(await Promise.all(read));
      });
      context.emit({
        ...{ kind: 'progress', stage: 'putting parts together' },
        ...{ done: y + window.height, total: height },
      });
    }
    return known[0]!.tiles;
  } finally {
    for (const source of sources.values()) await source.close();
  }
}

type Bands = (Uint8Array | Uint16Array | Float32Array)[];

/** Each pixel from the one part that has it. */
function together(parts: readonly RasterBlock['bands'][]): Bands {
  const [first, ...others] = parts as unknown as readonly Bands[];
  for (const other of others)
    for (const [band, values] of first!.entries()) {
      const more = other[band]!;
      const isEmpty =
        values instanceof Float32Array ? Number.isNaN : (value: number) => value === 0;
      for (let i = 0; i < values.length; i++) if (isEmpty(values[i]!)) values[i] = more[i]!;
    }
  return first!;
}
