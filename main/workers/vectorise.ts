import { toMap } from '../../app/raster/geoTransform.ts';
import { wholeWindow } from '../../app/raster/grid.ts';
import { scanWindows } from '../../app/raster/tiling.ts';
import { mapPositions } from '../../app/vector/geometry.ts';
import { createPolygoniser, type Patch } from '../../app/vector/polygonise.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { openScene } from '../raster/formats.ts';
import { createGeoPackage } from '../vector/geoPackageWriter.ts';
import type { TaskContext } from './task.ts';

/** Writes a class map as polygons, a feature each connected patch. */
export async function vectoriseMap(
  map: string,
  out: string,
  classes: ClassScheme,
  context: TaskContext,
): Promise<void> {
  const source = await openScene(map);
  try {
    const { grid } = source.description;
    const polygoniser = createPolygoniser(grid.width);
    const writer = await createGeoPackage(
      out,
      {
        ...{ layer: 'map', classes, manifest: source.description.metadata['PRISMAP_MANIFEST'] },
        ...(grid.crs === undefined ? {} : { crs: grid.crs }),
      },
      context.signal,
    );
    let written = 0;
    const take = (patches: Iterable<Patch>): void => {
      for (const { value, polygon, pixels } of patches) {
        const geometry = mapPositions({ kind: 'polygons', polygons: [polygon] }, (x, y) =>
          grid.transform === undefined ? [x, y] : toMap(grid.transform, x, y),
        );
        written += 1;
        writer.add({ id: String(written), classValue: value, geometry }, pixels);
      }
    };
    // Whole rows, a band of tiles at a time.
    const windows = scanWindows(
      wholeWindow(grid),
      { width: grid.width, height: Math.min(512, grid.height) },
      grid.width * 512,
    );
    try {
      for (const [index, window] of windows.entries()) {
        context.signal.throwIfAborted();
        const { bands } = await source.read({ window, bands: [0], signal: context.signal });
        take(polygoniser.add(bands[0]! as Uint8Array, window));
        context.emit({
          kind: 'progress',
          stage: 'polygons',
          done: index + 1,
          total: windows.length,
        });
      }
      take(polygoniser.finish());
      await writer.finish();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  } finally {
    await source.close();
  }
}
