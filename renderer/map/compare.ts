import type { EventsKey } from 'ol/events.js';
import type TileLayer from 'ol/layer/WebGLTile.js';
import type OpenLayersMap from 'ol/Map.js';
import { unByKey } from 'ol/Observable.js';
import type RenderEvent from 'ol/render/Event.js';
import { getRenderPixel } from 'ol/render.js';
import { comparedLayer } from '../state/comparedLayer.ts';
import type { DrawnLayer } from '../state/layerOrder.ts';
import { watch } from '../state/store.ts';
import { viewStore } from '../state/view.ts';
import type { Workspace } from '../state/workspaceState.ts';
import type { SceneLayers } from './sceneLayers.ts';

type Box = readonly [left: number, top: number, right: number, bottom: number];
type Place = readonly [x: number, y: number];

/** Draws only inside a box of the screen (CSS pixels). */
function clipTo(event: RenderEvent, [left, top, right, bottom]: Box): void {
  const gl = event.context as WebGLRenderingContext;
  const [x0, y0] = getRenderPixel(event, [left, bottom]);
  const [x1, y1] = getRenderPixel(event, [right, top]);
  gl.enable(gl.SCISSOR_TEST);
  gl.scissor(
    Math.round(x0!),
    Math.round(y0!),
    Math.max(0, Math.round(x1!) - Math.round(x0!)),
    Math.max(0, Math.round(y1!) - Math.round(y0!)),
  );
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
  let clipped: { readonly layer: TileLayer; readonly keys: EventsKey[] } | undefined;
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
    if (clipped !== undefined) unByKey(clipped.keys);
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
      const keys = [
        layer.on('prerender', (event) => clipTo(event, shownPart(map, pointer))),
        layer.on('postrender', ({ context }) => {
          const gl = context as WebGLRenderingContext;
          gl.disable(gl.SCISSOR_TEST);
        }),
      ];
      clipped = { layer, keys };
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
