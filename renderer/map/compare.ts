import type { EventsKey } from 'ol/events.js';
import type TileLayer from 'ol/layer/WebGLTile.js';
import type OpenLayersMap from 'ol/Map.js';
import { unByKey } from 'ol/Observable.js';
import type RenderEvent from 'ol/render/Event.js';
import { getRenderPixel } from 'ol/render.js';
import { viewStore } from '../state/view.ts';

type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Draws only inside a box of the screen (CSS pixels). */
function clipTo(event: RenderEvent, [left, top, right, bottom]: Box): void {
  const gl = event.context as WebGLRenderingContext;
  const [x0, y0] = getRenderPixel(event, [left, bottom]);
  const [x1, y1] = getRenderPixel(event, [right, top]);
  gl.enable(gl.SCISSOR_TEST);
  gl.scissor(
    Math.round(x0!),
    Math.round(y0!),
    Math.max(0, Math.round(x1! - x0!)),
    Math.max(0, Math.round(y1! - y0!)),
  );
}

const glass = 110;

/** The part of the screen where the compared layer is seen. */
function shownPart(map: OpenLayersMap, pointer: readonly [number, number] | undefined): Box {
  const [width, height] = map.getSize() ?? [0, 0];
  const { compare, swipe } = viewStore.get();
  if (compare === 'swipe') return [swipe * width!, 0, width!, height!];
  if (compare === 'spyglass' && pointer !== undefined)
    return [pointer[0] - glass, pointer[1] - glass, pointer[0] + glass, pointer[1] + glass];
  return compare === 'spyglass' ? [0, 0, 0, 0] : [0, 0, width!, height!];
}

/** Shows a layer only right of the swipe line or under the spy-glass; gives the function that ends it. */
export function compareLayer(map: OpenLayersMap, layer: TileLayer): () => void {
  let pointer: readonly [number, number] | undefined;
  const keys: EventsKey[] = [
    layer.on('prerender', (event) => clipTo(event, shownPart(map, pointer))),
    layer.on('postrender', (event) => {
      const gl = event.context as WebGLRenderingContext;
      gl.disable(gl.SCISSOR_TEST);
    }),
    map.on('pointermove', ({ pixel }) => {
      pointer = [pixel[0]!, pixel[1]!];
      if (viewStore.get().compare === 'spyglass') map.render();
    }),
  ];
  const unwatch = viewStore.subscribe(() => map.render());
  return () => {
    unByKey(keys);
    unwatch();
    map.render();
  };
}
