import MVT from 'ol/format/MVT.js';
import type RenderFeature from 'ol/render/Feature.js';

type Look = { readonly fill?: string; readonly line?: string; readonly width?: number };

/** By the name of a layer in the tile, as OpenMapTiles, Protomaps and Natural Earth call them; the first that fits, bottom up. */
const looks: readonly (readonly [RegExp, Look])[] = [
  [/^(earth|land)$/, { fill: '#f4f2ec' }],
  [/land(use|cover)|park|wood|forest|natural/, { fill: '#dfe8d2' }],
  [/^water(?!way)|ocean|lake|sea/, { fill: '#b7cfdd' }],
  [/waterway|river/, { line: '#9dbdd0', width: 1 }],
  [/building/, { fill: '#d6d0c8' }],
  [/road|transport|street|rail/, { line: '#a8a39a', width: 1 }],
  [/bound|admin|border/, { line: '#8d8a80', width: 0.8 }],
];
const otherwise: Look = { line: '#b8b3a8', width: 0.6 };

/**
 * A Mapbox vector tile as a quiet picture of `size` pixels: areas and lines, no labels. It is a picture so that OpenLayers
 * brings it into the CRS of the scene as it does any other.
 */
export function paintVectorTile(tile: ArrayBuffer, size: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [size, size];
  const pen = canvas.getContext('2d')!;
  const features: RenderFeature[] = new MVT().readFeatures(tile, { extent: [0, -size, size, 0] });
  const ranked = features.map((feature) => ({
    feature,
    rank: rankOf(String(feature.get('layer'))),
  }));
  ranked.sort((a, b) => a.rank - b.rank);
  for (const { feature, rank } of ranked) draw(pen, feature, looks[rank]?.[1] ?? otherwise);
  return canvas;
}

function rankOf(layer: string): number {
  const rank = looks.findIndex(([pattern]) => pattern.test(layer));
  return rank < 0 ? looks.length : rank;
}

function draw(pen: CanvasRenderingContext2D, feature: RenderFeature, look: Look): void {
  const type = feature.getType();
  const isArea = type === 'Polygon';
  if (!isArea && type !== 'LineString' && type !== 'MultiLineString') return;
  const positions = feature.getFlatCoordinates();
  const ends = feature.getEnds() ?? [];
  pen.beginPath();
  let start = 0;
  for (const end of ends) {
    for (let i = start; i < end; i += 2) {
      // The reader counts y upwards.
      if (i === start) pen.moveTo(positions[i]!, -positions[i + 1]!);
      else pen.lineTo(positions[i]!, -positions[i + 1]!);
    }
    start = end;
  }
  if (isArea && look.fill !== undefined) {
    pen.fillStyle = look.fill;
    pen.fill();
  } else if (look.line !== undefined) {
    pen.strokeStyle = look.line;
    pen.lineWidth = look.width ?? 1;
    pen.stroke();
  }
}
