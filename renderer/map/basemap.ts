import GeoJSON from 'ol/format/GeoJSON.js';
import VectorImageLayer from 'ol/layer/VectorImage.js';
import type { Projection } from 'ol/proj.js';
import VectorSource from 'ol/source/Vector.js';
import { Fill, Stroke, Style } from 'ol/style.js';
import { feature } from 'topojson-client';
import countries from 'world-atlas/countries-50m.json?url';
import land from 'world-atlas/land-50m.json?url';
import { isPixels } from './projections.ts';

type Topology = Parameters<typeof feature>[0];

async function read(url: string, object: string, projection: Projection) {
  const topology = (await (await fetch(url)).json()) as Topology;
  const collection = feature(topology, topology.objects[object]!);
  return new GeoJSON().readFeatures(collection, {
    dataProjection: 'EPSG:4326',
    featureProjection: projection,
  });
}

/**
 * Land and borders of Natural Earth (1:50 million, public domain) from the application's own files: a basemap that uses no network. Nothing
 * where map units are pixels.
 */
export function offlineBasemap(projection: Projection): VectorImageLayer {
  const source = new VectorSource({ wrapX: false });
  const layer = new VectorImageLayer({
    source,
    style: new Style({
      fill: new Fill({ color: '#e9e6dc' }),
      stroke: new Stroke({ color: '#8d8a80', width: 0.8 }),
    }),
  });
  layer.set('prismap', 'basemap');
  if (isPixels(projection)) return layer;
  void Promise.all([read(land, 'land', projection), read(countries, 'countries', projection)])
    .then((parts) => source.addFeatures(parts.flat().filter(isFinitePlace)))
    .catch(() => undefined);
  return layer;
}

/** Far from its zone a projection folds or runs to infinity: what lies there is left out. */
function isFinitePlace(item: { getGeometry(): { getExtent(): number[] } | undefined }): boolean {
  return item.getGeometry()?.getExtent().every(Number.isFinite) === true;
}
