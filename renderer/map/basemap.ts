import type Feature from 'ol/Feature.js';
import GeoJSON from 'ol/format/GeoJSON.js';
import VectorImageLayer from 'ol/layer/VectorImage.js';
import type { Projection } from 'ol/proj.js';
import VectorSource from 'ol/source/Vector.js';
import { Fill, Stroke, Style } from 'ol/style.js';
import { feature } from 'topojson-client';
import countries from 'world-atlas/countries-50m.json?url';
import { isPixels } from './projections.ts';

type Topology = Parameters<typeof feature>[0];
type GeometryCollection = Extract<Topology['objects'][string], { type: 'GeometryCollection' }>;

const countriesAtOnce = 24;

/** Countries in one CRS, for the map and its overview: decoding and projecting them takes longer than drawing a scene. */
const known = new WeakMap<Projection, Promise<readonly Feature[]>>();

function countriesIn(projection: Projection): Promise<readonly Feature[]> {
  const before = known.get(projection);
  if (before !== undefined) return before;
  const reading = readCountries(projection);
  reading.catch(() => known.delete(projection));
  known.set(projection, reading);
  return reading;
}

/** Some countries at a time, so that the window answers in between. */
async function readCountries(projection: Projection): Promise<readonly Feature[]> {
  const topology = (await (await fetch(countries)).json()) as Topology;
  const { geometries } = topology.objects['countries'] as GeometryCollection;
  const format = new GeoJSON({ dataProjection: 'EPSG:4326', featureProjection: projection });
  const features: Feature[] = [];
  for (let at = 0; at < geometries.length; at += countriesAtOnce) {
    const part = {
      type: 'GeometryCollection' as const,
      geometries: geometries.slice(at, at + countriesAtOnce),
    };
    features.push(...format.readFeatures(feature(topology, part)));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return features.filter(isFinitePlace);
}

/**
 * Land and borders of Natural Earth (1:50 million, public domain) from the application's own files: a basemap that uses no network. Nothing
 * where map units are pixels.
 * @param when to begin: what the analyst waits for comes first
 */
export function offlineBasemap(projection: Projection, when: Promise<unknown>): VectorImageLayer {
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
  void when
    .then(() => countriesIn(projection))
    .then((features) => source.addFeatures([...features]))
    .catch(() => undefined);
  return layer;
}

/** Far from its zone a projection folds or runs to infinity: what lies there is left out. */
function isFinitePlace(item: { getGeometry(): { getExtent(): number[] } | undefined }): boolean {
  return item.getGeometry()?.getExtent().every(Number.isFinite) === true;
}
