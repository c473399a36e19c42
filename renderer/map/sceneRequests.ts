import { intersects } from 'ol/extent.js';
import type { FrameState } from 'ol/Map.js';
import { equivalent } from 'ol/proj.js';
import type DataTileSource from 'ol/source/DataTile.js';
import type TileSource from 'ol/source/Tile.js';
import TileState from 'ol/TileState.js';
import ViewHint from 'ol/ViewHint.js';

type Request = {
  readonly coord: readonly [z: number, x: number, y: number];
  readonly controller: AbortController;
};

/**
 * Requests for the tiles of a source that are under way. OpenLayers drops tiles that left the view while they wait, but lets
 * requests run to their end, and browsers send no more than six at a time: what is in view would wait for what is not.
 */
export class SceneRequests {
  readonly #underWay = new Set<Request>();
  readonly #cancelled = new Set<string>();

  /** Does `work` under a signal that also aborts when nobody wants the tile any more. */
  async run<Result>(
    coord: Request['coord'],
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const request: Request = { coord, controller: new AbortController() };
    this.#underWay.add(request);
    try {
      return await work(AbortSignal.any([signal, request.controller.signal]));
    } finally {
      this.#underWay.delete(request);
    }
  }

  /** Cancels the requests for tiles of which `isWanted` says no. */
  keep(isWanted: (coord: Request['coord']) => boolean): void {
    for (const { coord, controller } of this.#underWay) {
      if (controller.signal.aborted || isWanted(coord)) continue;
      this.#cancelled.add(coord.join());
      controller.abort();
    }
  }

  /** Whether the request that failed was cancelled here; asked once. */
  takeCancelled(coord: readonly number[]): boolean {
    return this.#cancelled.delete(coord.join());
  }
}

const requestsOf = new WeakMap<TileSource, SceneRequests>();

/** Lets a source ask again for a tile that was cancelled, when the view comes back to it. */
export function followRequests(source: DataTileSource, requests: SceneRequests): void {
  requestsOf.set(source, requests);
  source.on('tileloaderror', ({ tile }) => {
    if (!requests.takeCancelled(tile.tileCoord)) return;
    // The map's queue has yet to hear that this request is over.
    queueMicrotask(() => tile.setState(TileState.IDLE));
  });
}

/** Cancels what a source was asked for and a frame does not show; all where there is no frame to show it in. */
export function cancelUnseen(source: TileSource | null, frame: FrameState | undefined): void {
  const requests = source === null ? undefined : requestsOf.get(source);
  if (requests === undefined) return;
  if (frame === undefined) return requests.keep(() => false);
  const { viewState, extent, viewHints } = frame;
  // What a moving view will show at its end is asked for on the way.
  if (viewHints[ViewHint.ANIMATING]! > 0) return;
  const grid = source?.getTileGrid();
  const projection = source?.getProjection();
  if (!grid || !projection || extent === null) return;
  // A tile in another CRS is made of many, and keeps a hole for one that failed.
  if (!equivalent(projection, viewState.projection)) return;
  const z = grid.getZForResolution(viewState.resolution, source!.zDirection);
  requests.keep(
    (coord) => coord[0] === z && intersects(extent, grid.getTileCoordExtent([...coord])),
  );
}
