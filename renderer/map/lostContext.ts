import TileLayer from 'ol/layer/WebGLTile.js';
import type OpenLayersMap from 'ol/Map.js';
import type { Workspace } from '../state/workspaceState.ts';
import { t } from '../words/translate.ts';

/** How long the browser may take to give a context back by itself; it does after a restart of the driver. */
const patienceMs = 3000;

/**
 * Draws a map again after its graphics context was lost: the driver was restarted, the machine slept, other pages took it.
 * OpenLayers makes its programs and textures anew in a context that came back, but only when it is asked to draw; for one
 * that does not come back, the layers get other canvases.
 */
export function keepDrawing(map: OpenLayersMap, workspace: Workspace): () => void {
  // Present from the start to the disposal of the map, whatever its type says.
  const viewport = map.getViewport()!;
  let timer: number | undefined;

  /** OpenLayers gives up contexts of its own accord too, with their canvases. */
  const isMissed = (): boolean => [...viewport.querySelectorAll('canvas')].some(isLost);
  const lost = (): void => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (!isMissed()) return;
      if (hasGraphics()) renew(map);
      else sayWhatToDo(workspace);
    }, patienceMs);
  };
  const restored = (): void => map.render();
  // These events do not bubble, but they can be caught on the way down.
  viewport.addEventListener('webglcontextlost', lost, true);
  viewport.addEventListener('webglcontextrestored', restored, true);
  return () => {
    window.clearTimeout(timer);
    viewport.removeEventListener('webglcontextlost', lost, true);
    viewport.removeEventListener('webglcontextrestored', restored, true);
  };
}

/** Layers that lie on each other share a canvas; it goes with the last of them. Their tiles are kept. */
function renew(map: OpenLayersMap): void {
  const layers = map.getAllLayers().filter((layer) => layer instanceof TileLayer);
  for (const layer of layers) map.removeLayer(layer);
  for (const layer of layers) map.addLayer(layer);
}

/** A canvas that draws with the graphics card and cannot. Asking one of the other kind gives nothing. */
const isLost = (canvas: HTMLCanvasElement): boolean => contextOf(canvas)?.isContextLost() === true;

const contextOf = (canvas: HTMLCanvasElement): WebGLRenderingContext | null =>
  canvas.getContext('webgl') ?? canvas.getContext('webgl2');

/** Whether this window can have a graphics context now. */
function hasGraphics(): boolean {
  const context = contextOf(document.createElement('canvas'));
  // One of a few that a page may have: given back.
  context?.getExtension('WEBGL_lose_context')?.loseContext();
  return context !== null;
}

/** A yes holds for the window: asking costs a context, a tenth of a second where the processor draws. */
let hadGraphics = false;

/** Whether scenes can be drawn at all; says what to do where not. */
export function requireGraphics(workspace: Workspace): boolean {
  hadGraphics ||= hasGraphics();
  if (!hadGraphics) sayWhatToDo(workspace);
  return hadGraphics;
}

function sayWhatToDo(workspace: Workspace): void {
  workspace.notify(
    t(
      'The map cannot be drawn: this window gets no graphics context (WebGL). Everything is saved. Load the window again; if that does not help, switch on hardware acceleration in the settings of the browser.',
    ),
    { label: t('Load the window again'), stays: true, run: () => location.reload() },
  );
}
