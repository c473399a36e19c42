// A thread that reads ahead: decodes windows and takes their features while the engine computes the one before. Buffers
// are handed over, not copied.
import { parentPort, workerData } from 'node:worker_threads';
import { errorRecord } from '../../app/error.ts';
import type { Window } from '../../app/raster/grid.ts';
import { fillShape, type PreparedShape } from '../../app/vector/rasterise.ts';
import { garbageCollector } from '../collectGarbage.ts';
import { openScene } from '../raster/formats.ts';
import { readFeatureWindow } from './featureWindow.ts';
import type { ReaderMessage, ReaderTask } from './readAhead.ts';

const port = parentPort!;
const task = workerData as ReaderTask;
let credit = task.ahead;
let wake: (() => void) | undefined;

port.on('message', () => {
  credit += 1;
  wake?.();
});

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

async function readAll(): Promise<void> {
  const source = await openScene(
    task.uri,
    task.cacheBytes === undefined ? {} : { cacheBytes: task.cacheBytes },
  );
  const collect = garbageCollector(8);
  try {
    for (const window of task.windows) {
      const wanted = task.within === undefined ? undefined : insideShapes(task.within, window);
      while (credit === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      credit -= 1;
      const result = await readFeatureWindow(source, window, {
        bands: task.bands,
        scaling: task.scaling,
        patch: task.patch,
        ...(wanted === undefined ? {} : { wanted }),
      });
      port.postMessage({ kind: 'window', result } satisfies ReaderMessage, [
        result.indices.buffer,
        result.features.buffer,
      ]);
      collect();
    }
  } finally {
    await source.close();
  }
}

readAll().then(
  () => port.close(),
  (error: unknown) => {
    port.postMessage({ kind: 'failure', error: errorRecord(error) } satisfies ReaderMessage);
    port.close();
  },
);
