import type TileLayer from 'ol/layer/WebGLTile.js';
import type OpenLayersMap from 'ol/Map.js';
import { unByKey } from 'ol/Observable.js';
import type RenderEvent from 'ol/render/Event.js';
import { comparedLayer } from '../state/comparedLayer.ts';
import type { DrawnLayer } from '../state/layerOrder.ts';
import { watch } from '../state/store.ts';
import { viewStore } from '../state/view.ts';
import type { Workspace } from '../state/workspaceState.ts';
import type { SceneLayers } from './sceneLayers.ts';

type Box = readonly [left: number, top: number, right: number, bottom: number];
type Place = readonly [x: number, y: number];

/** Draws only inside a box of the screen (CSS pixels); WebGL counts rows from below. */
function clipTo(
  gl: WebGLRenderingContext,
  [left, top, right, bottom]: Box,
  pixelRatio: number,
): void {
  const [x0, x1] = [Math.round(left * pixelRatio), Math.round(right * pixelRatio)];
  const [y0, y1] = [Math.round(top * pixelRatio), Math.round(bottom * pixelRatio)];
  gl.enable(gl.SCISSOR_TEST);
  gl.scissor(x0, gl.drawingBufferHeight - y1, Math.max(0, x1 - x0), Math.max(0, y1 - y0));
}

/**
 * Clips a layer where it is put onto the canvas. Not from `prerender` on: the canvas is cleared after that, which a clip
 * would keep from what lies outside.
 * @returns what ends it
 */
function clipLayer(layer: TileLayer, part: () => Box): () => void {
  const begin = (event: unknown): void => {
    const { context, frameState } = event as RenderEvent;
    clipTo(context as WebGLRenderingContext, part(), frameState!.pixelRatio);
  };
  const end = (event: unknown): void => {
    const gl = (event as RenderEvent).context as WebGLRenderingContext;
    gl.disable(gl.SCISSOR_TEST);
  };
  layer.addEventListener('precompose', begin);
  layer.addEventListener('postcompose', end);
  return () => {
    layer.removeEventListener('precompose', begin);
    layer.removeEventListener('postcompose', end);
  };
}

/** Half the side of the spy-glass, CSS pixels. */
const glass = 110;

/** The part of the screen where the compared layer is seen. */
function shownPart(map: OpenLayersMap, pointer: Place | undefined): Box {
  const [width, height] = map.getSize() ?? [0, 0];
  const { compare, swipe } = viewStore.get();
  if (compare === 'swipe') return [Math.round(swipe * width!), 0, width!, height!];
  if (pointer === undefined) return [0, 0, 0, 0];
  return [pointer[0] - glass, pointer[1] - glass, pointer[0] + glass, pointer[1] + glass];
}

/** The border of the spy-glass, over the map. */
function createRim(viewport: HTMLElement): (pointer: Place | undefined) => void {
  const rim = document.createElement('div');
  rim.className = 'spyglass-rim';
  viewport.append(rim);
  return (pointer) => {
    rim.hidden = pointer === undefined || viewStore.get().compare !== 'spyglass';
    if (pointer === undefined) return;
    rim.style.left = `${pointer[0] - glass}px`;
    rim.style.top = `${pointer[1] - glass}px`;
    rim.style.width = `${2 * glass}px`;
    rim.style.height = `${2 * glass}px`;
  };
}

/** Swipe and spy-glass: one raster over all others, right of a line or around the pointer. */
export type Comparison = {
  /** The layers with the compared one above the other rasters, shown whatever the layer list says. */
  readonly raise: (drawn: readonly DrawnLayer[]) => readonly DrawnLayer[];
  /** Clips the layer that is compared now. */
  readonly clip: (scenes: SceneLayers) => void;
  readonly dispose: () => void;
};

/** @param changed called where another layer is compared, or none any more */
export function createComparison(
  map: OpenLayersMap,
  { store }: Workspace,
  changed: () => void,
): Comparison {
  let pointer: Place | undefined;
  let clipped: { readonly layer: TileLayer; readonly release: () => void } | undefined;
  // Present from the start to the disposal of the map, whatever its type says.
  const viewport = map.getViewport()!;
  const showRim = createRim(viewport);

  const compared = (): string | undefined => {
    const { compare } = viewStore.get();
    return compare === 'swipe' || compare === 'spyglass'
      ? comparedLayer(store.get())?.id
      : undefined;
  };
  const release = (): void => {
    clipped?.release();
    clipped = undefined;
  };
  const point = (place: Place | undefined): void => {
    pointer = place;
    showRim(pointer);
    if (viewStore.get().compare === 'spyglass') map.render();
  };
  const moved = map.on('pointermove', ({ pixel }) => point([pixel[0]!, pixel[1]!]));
  const left = (): void => point(undefined);
  viewport.addEventListener('pointerleave', left);
  let last = compared();
  const follow = (): void => {
    const now = compared();
    if (now === last) return;
    last = now;
    changed();
  };
  const unwatch = [
    store.subscribe(follow),
    viewStore.subscribe(follow),
    watch(
      viewStore,
      ({ compare, swipe }) => `${compare}${swipe}`,
      () => {
        showRim(pointer);
        map.render();
      },
    ),
  ];
  return {
    raise: (drawn) => {
      const id = compared();
      if (id === undefined) return drawn;
      const rasters = drawn.filter(({ row }) => row.kind === 'scene');
      const above = Math.max(...rasters.map(({ depth }) => depth)) + 0.5;
      return drawn.map((layer) =>
        layer.row.id === id ? { ...layer, visible: true, opacity: 1, depth: above } : layer,
      );
    },
    clip: (scenes) => {
      const layer = scenes.layerOf(compared() ?? '');
      if (layer === clipped?.layer) return;
      release();
      if (layer === undefined) return;
      clipped = { layer, release: clipLayer(layer, () => shownPart(map, pointer)) };
      map.render();
    },
    dispose: () => {
      release();
      unByKey(moved);
      viewport.removeEventListener('pointerleave', left);
      for (const end of unwatch) end();
    },
  };
}
