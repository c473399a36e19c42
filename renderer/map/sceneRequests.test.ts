import DataTileSource from 'ol/source/DataTile.js';
import TileState from 'ol/TileState.js';
import TileGrid from 'ol/tilegrid/TileGrid.js';
import { describe, expect, it, vi } from 'vitest';
import { cancelUnseen, followRequests, SceneRequests } from './sceneRequests.ts';

const never = new AbortController().signal;

/** A source whose requests end when the test says so. */
function slowSource() {
  const requests = new SceneRequests();
  const waiting = new Map<string, () => void>();
  const source = new DataTileSource({
    projection: 'EPSG:3857',
    tileGrid: new TileGrid({ extent: [0, 0, 1024, 1024], resolutions: [2, 1], tileSize: 256 }),
    loader: (z, x, y) =>
      requests.run(
        [z, x, y],
        never,
        (signal) =>
          new Promise((resolve, reject) => {
            waiting.set([z, x, y].join(), () => resolve(new Uint8Array(4 * 256 * 256)));
            signal.addEventListener('abort', () => reject(new Error('cancelled')));
          }),
      ),
  });
  followRequests(source, requests);
  const tile = (z: number, x: number, y: number) => {
    const made = source.getTile(z, x, y, 1)!;
    made.load();
    return made;
  };
  return { source, waiting, tile };
}

/** A frame of the map that shows `extent` at `resolution`. */
const frame = (extent: number[], resolution: number, animating = 0) =>
  ({
    extent,
    viewHints: [animating, 0],
    viewState: {
      resolution,
      projection: new DataTileSource({ projection: 'EPSG:3857' }).getProjection(),
    },
  }) as never;

describe('requests for tiles', () => {
  it('end when their tile has left the view, and are made again when it comes back', async () => {
    const { source, waiting, tile } = slowSource();
    const [seen, gone] = [tile(1, 0, 0), tile(1, 3, 3)];
    cancelUnseen(source, frame([0, 800, 200, 1024], 1));
    await vi.waitFor(() => expect(gone.getState()).toBe(TileState.IDLE), 20_000);
    expect(seen.getState()).toBe(TileState.LOADING);
    gone.load();
    for (const answer of waiting.values()) answer();
    await vi.waitFor(() => expect(gone.getState()).toBe(TileState.LOADED), 20_000);
    expect(seen.getState()).toBe(TileState.LOADED);
  });

  it('of another level end too, but not while the view is on its way to it', async () => {
    const { source, tile } = slowSource();
    const coarse = tile(0, 0, 0);
    cancelUnseen(source, frame([0, 0, 1024, 1024], 1, 1));
    await Promise.resolve();
    expect(coarse.getState()).toBe(TileState.LOADING);
    cancelUnseen(source, frame([0, 0, 1024, 1024], 1));
    await vi.waitFor(() => expect(coarse.getState()).toBe(TileState.IDLE), 20_000);
  });

  it('end with the layer, and a failure of another kind stays one', async () => {
    const { source, tile } = slowSource();
    const one = tile(1, 1, 1);
    cancelUnseen(source, undefined);
    await vi.waitFor(() => expect(one.getState()).toBe(TileState.IDLE), 20_000);
    const requests = new SceneRequests();
    const broken = new DataTileSource({
      loader: (z, x, y) => requests.run([z, x, y], never, () => Promise.reject(new Error('disk'))),
    });
    followRequests(broken, requests);
    const failed = broken.getTile(0, 0, 0, 1)!;
    failed.load();
    await vi.waitFor(() => expect(failed.getState()).toBe(TileState.ERROR), 20_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(failed.getState()).toBe(TileState.ERROR);
  });
});
