import { describe, expect, it } from 'vitest';
import { askReferee, python } from '../../main/vector/testing/referee.ts';
import { createRandom } from '../random.ts';
import { areaOf, type Polygon } from './geometry.ts';
import { createPolygoniser, type Patch } from './polygonise.ts';
import { prepareShape, rasterise } from './rasterise.ts';

/** A random map of few classes, patchy or noisy. */
function randomMap(seed: number): { width: number; height: number; values: Uint8Array } {
  const random = createRandom(seed, 'map');
  const [width, height] = [1 + random.integer(16), 1 + random.integer(16)];
  const classes = 1 + random.integer(4);
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) {
    const copy = random.uniform() < 0.5 && i > width;
    values[i] = copy
      ? values[i - (random.uniform() < 0.5 ? 1 : width)]!
      : random.integer(classes + 1);
  }
  return { width, height, values };
}

function polygonise(map: ReturnType<typeof randomMap>, rows = 3): Patch[] {
  const polygoniser = createPolygoniser(map.width);
  const patches: Patch[] = [];
  for (let y = 0; y < map.height; y += rows) {
    const height = Math.min(rows, map.height - y);
    const part = map.values.subarray(y * map.width, (y + height) * map.width);
    patches.push(...polygoniser.add(part, { y, height }));
  }
  return [...patches, ...polygoniser.finish()];
}

const ringText = (polygon: Polygon): string =>
  [polygon.outer, ...polygon.holes]
    .map((ring) =>
      [...ring]
        .map(([x, y]) => `${x},${y}`)
        .sort()
        .join(' '),
    )
    .sort()
    .join(' / ');

describe('polygonise', () => {
  it('gives polygons that burn back to the same map, each as large as its pixels', () => {
    for (let seed = 0; seed < 500; seed++) {
      const map = randomMap(seed);
      const patches = polygonise(map, 1 + (seed % 5));
      const window = { x: 0, y: 0, width: map.width, height: map.height };
      const shapes = patches.map(({ polygon, value }) => {
        const geometry = { kind: 'polygons' as const, polygons: [polygon] };
        return { shape: prepareShape(geometry), value };
      });
      expect(rasterise(shapes, window).values).toEqual(map.values);
      for (const { polygon, pixels } of patches)
        expect(areaOf({ kind: 'polygons', polygons: [polygon] })).toBe(pixels);
    }
  });

  it.skipIf(python === undefined)('gives the polygons that GDAL gives', () => {
    const maps = Array.from({ length: 400 }, (_, seed) => randomMap(seed + 1000));
    const script = `
import sys, json
import numpy as np
from rasterio.features import shapes
out = []
for m in json.load(sys.stdin):
    a = np.array(m['values'], 'uint8').reshape(m['height'], m['width'])
    out.append([[int(v), g['coordinates']] for g, v in shapes(a, mask=a > 0, connectivity=4)])
print(json.dumps(out))
`;
    const question = maps.map((map) => ({ ...map, values: [...map.values] }));
    type Answer = [number, [number, number][][]][][];
    const answer = askReferee<Answer>(script, question);
    maps.forEach((map, i) => {
      const found = polygonise(map).map(({ value, polygon }) => `${value}: ${ringText(polygon)}`);
      const expected = answer[i]!.map(([value, rings]) => {
        const [outer, ...holes] = rings.map((ring) => ring.slice(1));
        return `${value}: ${ringText({ outer: outer!, holes })}`;
      });
      expect(found.sort()).toEqual(expected.sort());
    });
  });

  it('leaves out patches below the size asked for', () => {
    const polygoniser = createPolygoniser(3, { fewestPixels: 2 });
    const patches = [...polygoniser.add([1, 1, 2], { y: 0, height: 1 }), ...polygoniser.finish()];
    expect(patches.map(({ value, pixels }) => [value, pixels])).toEqual([[1, 2]]);
  });
});
