// The peer's page: the same scene in a map of OpenLayers with its own source of GeoTIFFs. Bundled and served by deskMapSide.ts;
// it gets the limits of the stretch for nothing, where the desk has to find them out.
import { ScaleLine } from 'ol/control.js';
import TileLayer from 'ol/layer/WebGLTile.js';
import OpenLayersMap from 'ol/Map.js';
import Projection from 'ol/proj/Projection.js';
import GeoTIFF from 'ol/source/GeoTIFF.js';
import View from 'ol/View.js';

type Scene = {
  readonly url: string;
  readonly bands: readonly number[];
  readonly limits: readonly (readonly [number, number])[];
  readonly extent: number[];
};

/** Begins when the button is pressed, as the desk does. */
function show({ url, bands, limits, extent }: Scene): void {
  const projection = new Projection({ code: 'EPSG:32633', units: 'm' });
  const source = new GeoTIFF({
    sources: [{ url, bands: bands.map((band) => band + 1) }],
    normalize: false,
    interpolate: false,
    transition: 0,
    projection,
  });
  const stretched = limits.map(([low, high], i) => [
    'clamp',
    ['/', ['-', ['band', i + 1], low], high - low],
    0,
    1,
  ]);
  const target = document.querySelector<HTMLElement>('.map')!;
  const map = new OpenLayersMap({
    target,
    controls: [new ScaleLine()],
    layers: [new TileLayer({ source, style: { color: ['array', ...stretched, 1] as never } })],
    view: new View({ projection, center: [0, 0], resolution: 1, constrainResolution: false }),
  });
  map.getView().fit(extent, { padding: [24, 24, 24, 24] });
  map.on('loadstart', () => {
    target.dataset['tiles'] = 'loading';
  });
  map.on('loadend', () => {
    // The source reads the header first; a map without tiles is no picture.
    if (source.getState() === 'ready') target.dataset['tiles'] = 'done';
  });
  Object.assign(globalThis, { zoomToNative: () => map.getView().setResolution(10) });
}

const scene = JSON.parse(document.querySelector('#scene')!.textContent) as Scene;
document.querySelector('button')!.addEventListener('click', () => show(scene));
