import type { BandScaling } from '../../app/raster/features.ts';
import type { Window } from '../../app/raster/grid.ts';
import { fillShape, type PreparedShape } from '../../app/vector/rasterise.ts';
import { garbageCollector } from '../collectGarbage.ts';
import { openScene } from '../raster/formats.ts';
import { type FeatureWindow, readFeatureWindow } from './featureWindow.ts';

/** What the reading thread has to do. */
export type ReaderTask = {
  readonly uri: string;
  readonly windows: readonly Window[];
  /** Only pixels inside these shapes (pixel coordinates of the scene); all where absent. */
  readonly within?: readonly PreparedShape[];
  readonly bands: readonly number[];
  readonly scaling: readonly BandScaling[];
  readonly patch: 1 | 3;
  /** Bytes of decoded tiles that the reader keeps; its own choice where absent. */
  readonly cacheBytes?: number;
  /** Windows that may wait, decoded, for the consumer: what bounds the memory. */
  readonly ahead: number;
};

/** Reads windows of a scene with their features, one after the other in the order asked for. `ready` may hold the next one back. */
export async function* readWindows(
  task: Omit<ReaderTask, 'ahead'>,
  ready: () => Promise<void> | void = () => undefined,
): AsyncGenerator<FeatureWindow> {
  const source = await openScene(
    task.uri,
    task.cacheBytes === undefined ? {} : { cacheBytes: task.cacheBytes },
  );
  const collect = garbageCollector(8);
  try {
    for (const window of task.windows) {
      const wanted = task.within === undefined ? undefined : insideShapes(task.within, window);
      await ready();
      yield await readFeatureWindow(source, window, {
        bands: task.bands,
        scaling: task.scaling,
        patch: task.patch,
        ...(wanted === undefined ? {} : { wanted }),
      });
      collect();
    }
  } finally {
    await source.close();
  }
}

/** 1 for each pixel of the window whose centre lies in one of the shapes. */
function insideShapes(shapes: readonly PreparedShape[], window: Window): Uint8Array {
  const inside = new Uint8Array(window.width * window.height);
  for (const shape of shapes) {
    fillShape(shape, window, (row, from, to) => {
      const start = (row - window.y) * window.width - window.x;
      inside.fill(1, start + from, start + to);
    });
  }
  return inside;
}
