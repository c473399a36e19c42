import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRandom } from '../../../../app/random.ts';
import { createCogWriter } from '../../../raster/cog/writeCog.ts';

type SceneOptions = {
  readonly seed: number;
  /** Corner in UTM 33 N, metres; pixels are 10 m wide. */
  readonly corner?: readonly [x: number, y: number];
  readonly bands?: readonly string[];
  readonly width?: number;
  readonly height?: number;
};

/** A small scene of three surfaces in patches, with noise and a corner without data. */
export async function writeScene(path: string, options: SceneOptions): Promise<void> {
  const { seed, corner = [400_000, 5_800_000], bands = ['blue', 'red', 'nir'] } = options;
  const { width = 90, height = 70 } = options;
  const random = createRandom(seed, 'batch-scene');
  const phase = random.uniform() * 6;
  const samples = bands.map((_, band) =>
    Uint16Array.from({ length: width * height }, (__, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      if (x + y < 12) return 0;
      const surface = Math.floor(1.5 + 1.49 * Math.sin(x / 9 + phase) * Math.cos(y / 7));
      return 1000 + 900 * ((surface + band) % 3) + random.integer(700);
    }),
  );
  mkdirSync(dirname(path), { recursive: true });
  const writer = await createCogWriter(path, {
    grid: { width, height, crs: 'EPSG:32633', transform: [corner[0], 10, 0, corner[1], 0, -10] },
    bands: bands.map((name) => ({ name, type: 'uint16' as const, nodata: 0 })),
    overviews: 'none',
  });
  await writer.write({ window: { x: 0, y: 0, width, height }, bands: samples });
  await writer.finish();
}

/** ROIs that make a forest of three classes learn whatever lies under them. */
export function writeRois(path: string): void {
  const square = (x: number, y: number, name: string): unknown => ({
    type: 'Feature',
    properties: { class: name },
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [x, y],
          [x + 120, y],
          [x + 120, y - 120],
          [x, y - 120],
          [x, y],
        ],
      ],
    },
  });
  const names = ['Water', 'Forest & shrub', 'Äcker'];
  const features = names.map((name, i) => square(400_200 + 150 * i, 5_799_700, name));
  const crs = { type: 'name', properties: { name: 'EPSG:32633' } };
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', crs, features }));
}

/** Five scenes in a folder: three to map, of which one in a folder of its own, one cut short, one without a band. */
export async function writeBatchScenes(folder: string): Promise<void> {
  const at = (name: string): string => join(folder, name);
  await writeScene(at('north_20240105.tif'), { seed: 1 });
  await writeScene(at('north_20240301.tif'), { seed: 2, corner: [400_500, 5_799_800] });
  await writeScene(at('south/scene.tif'), { seed: 3, corner: [400_100, 5_799_000], height: 110 });
  await writeScene(at('few.tif'), { seed: 4, bands: ['blue', 'red'] });
}
