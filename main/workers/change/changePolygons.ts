import { toMap } from '../../../app/raster/geoTransform.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { mapPositions } from '../../../app/vector/geometry.ts';
import { createPolygoniser, type Patch } from '../../../app/vector/polygonise.ts';
import { fillShape, prepareShape } from '../../../app/vector/rasterise.ts';
import { openScene } from '../../raster/formats.ts';
import { createGeoPackage, type GeoPackageWriter } from '../../vector/geoPackageWriter.ts';
import { type ClassReader, openClassReader } from '../classReader.ts';
import { pixelHectares } from '../mapAreas.ts';
import type { TaskContext } from '../task.ts';
import { rowWindows } from './thresholdMap.ts';
import type { DateMaps } from './transitions.ts';
import { changeClasses } from './validateChange.ts';

/** Rows of a patch that are looked at together. */
const rowsAtATime = 512;

/** What a patch is measured on. */
type Measured = {
  readonly probability: SceneSource;
  readonly before: ClassReader | undefined;
  readonly after: ClassReader | undefined;
};

/**
 * Writes the changed patches of a map as polygons with their area, mean probability and, where class maps are given, the
 * commonest class before and after; how many there are.
 */
export async function changePolygons(
  paths: { readonly map: string; readonly probability: string; readonly out: string },
  maps: DateMaps | undefined,
  context: TaskContext,
): Promise<number> {
  const { signal } = context;
  const map = await openScene(paths.map);
  const { grid } = map.description;
  const probability = await openScene(paths.probability);
  const open = async (path: string | undefined): Promise<ClassReader | undefined> =>
    path === undefined ? undefined : await openClassReader(path, grid, { signal });
  const measured = {
    probability,
    before: await open(maps?.before),
    after: await open(maps?.after),
  };
  const writer = await openWriter(paths.out, map, maps !== undefined, signal);
  const hectares = pixelHectares(grid);
  let written = 0;
  try {
    for await (const patch of changedPatches(map, context)) {
      const { mean, from, to } = await measure(patch, measured, signal);
      const geometry = mapPositions({ kind: 'polygons', polygons: [patch.polygon] }, (x, y) =>
        grid.transform === undefined ? [x, y] : toMap(grid.transform, x, y),
      );
      written += 1;
      writer.add({ id: String(written), classValue: patch.value, geometry }, patch.pixels, [
        mean,
        ...(hectares === undefined ? [] : [patch.pixels * hectares]),
        ...(maps === undefined ? [] : [from ?? '', to ?? '']),
      ]);
    }
    await writer.finish();
    return written;
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    for (const reader of [map, probability, measured.before, measured.after]) await reader?.close();
  }
}

function openWriter(
  path: string,
  { description: { grid, metadata } }: SceneSource,
  classes: boolean,
  signal: AbortSignal,
): Promise<GeoPackageWriter> {
  const fields: { name: string; type: 'TEXT' | 'REAL' }[] = [{ name: 'probability', type: 'REAL' }];
  if (pixelHectares(grid) !== undefined) fields.push({ name: 'hectares', type: 'REAL' });
  if (classes)
    fields.push({ name: 'from_class', type: 'TEXT' }, { name: 'to_class', type: 'TEXT' });
  const crs = grid.crs === undefined ? {} : { crs: grid.crs };
  return createGeoPackage(
    path,
    {
      layer: 'change',
      classes: changeClasses,
      fields,
      ...crs,
      manifest: metadata['PRISMAP_MANIFEST'],
    },
    signal,
  );
}

async function* changedPatches(map: SceneSource, context: TaskContext): AsyncGenerator<Patch> {
  const { grid } = map.description;
  const polygoniser = createPolygoniser(grid.width);
  const windows = rowWindows(grid);
  for (const [i, window] of windows.entries()) {
    context.signal.throwIfAborted();
    const { bands } = await map.read({ window, bands: [0], signal: context.signal });
    const changed = (bands[0]! as Uint8Array).map((value) => (value === 2 ? 2 : 0));
    yield* polygoniser.add(changed, window);
    context.emit({ kind: 'progress', stage: 'polygons', done: i + 1, total: windows.length });
  }
  yield* polygoniser.finish();
}

/** Mean probability and commonest classes of a patch, a part of its rows at a time. */
async function measure(
  { polygon }: Patch,
  { probability, before, after }: Measured,
  signal: AbortSignal,
): Promise<{ readonly mean: number; readonly from?: string; readonly to?: string }> {
  const shape = prepareShape({ kind: 'polygons', polygons: [polygon] });
  const { minX, minY, maxX, maxY } = shape.bounds;
  const from = new Map<number, number>();
  const to = new Map<number, number>();
  let [sum, count] = [0, 0];
  for (let y = minY; y < maxY; y += rowsAtATime) {
    const window = {
      x: minX,
      y,
      width: maxX - minX,
      height: Math.min(rowsAtATime, maxY - y),
    };
    const { bands } = await probability.read({ window, bands: [0], signal });
    const classes = [await before?.read(window), await after?.read(window)];
    fillShape(shape, window, (row, start, end) => {
      for (let x = start; x < end; x++) {
        const at = (row - window.y) * window.width + x - window.x;
        sum += (bands[0]! as Float32Array)[at]!;
        count += 1;
        for (const [i, tally] of [from, to].entries()) {
          const value = classes[i]?.[at] ?? 0;
          if (value !== 0) tally.set(value, (tally.get(value) ?? 0) + 1);
        }
      }
    });
  }
  const commonest = (reader: ClassReader | undefined, tally: Map<number, number>) => {
    const [value] = [...tally].sort((a, b) => b[1] - a[1])[0] ?? [];
    return reader?.classes.find((one) => one.value === value)?.name;
  };
  const [first, last] = [commonest(before, from), commonest(after, to)];
  return {
    mean: sum / count,
    ...(first === undefined ? {} : { from: first }),
    ...(last === undefined ? {} : { to: last }),
  };
}
