import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Grid } from '../../../app/raster/grid.ts';
import type { ResamplingMethod } from '../../../app/raster/resample.ts';
import { openScene } from '../../raster/formats.ts';
import { resampledScene } from './resampledScene.ts';

const python = '.cache/referee/bin/python';
const folder = mkdtempSync(join(tmpdir(), 'prismap-resample-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Grids that a UTM 33 scene of 10 m is brought onto. */
const cases = [
  { name: 'moved by a part of a pixel', crs: 'EPSG:32633', pixel: 10, dx: 3.7, dy: -1.3 },
  { name: 'other projection', crs: 'EPSG:3857', pixel: 16, dx: 0, dy: 0 },
  { name: 'degrees', crs: 'EPSG:4326', pixel: 0.00012, dx: 0, dy: 0 },
  { name: 'coarser', crs: 'EPSG:32633', pixel: 40, dx: 5, dy: 5 },
] as const;
const methods = ['nearest', 'bilinear', 'cubic'] as const;

type Expected = { readonly grid: Grid; readonly file: string };

const script = `
import sys, json, numpy as np, rasterio
from rasterio.warp import reproject, Resampling, transform_bounds, calculate_default_transform
from rasterio.transform import from_origin
folder = sys.argv[1]; cases = json.loads(sys.argv[2])
rng = np.random.default_rng(5)
n = 220
rough = rng.normal(size=(2, n, n))
k = np.exp(-0.5 * (np.arange(-6, 7) / 1.6) ** 2); k /= k.sum()
for axis in (1, 2): rough = np.apply_along_axis(lambda v: np.convolve(v, k, 'same'), axis, rough)
data = (3000 + 4000 * rough).clip(1, 9000).astype('uint16')
data[:, 60:90, 100:140] = 0
T = from_origin(399960, 5820000, 10, 10)
with rasterio.open(folder + '/scene.tif', 'w', driver='GTiff', width=n, height=n, count=2, dtype='uint16',
                   crs='EPSG:32633', transform=T, nodata=0) as f: f.write(data)
out = {}
for c in cases:
    left, bottom, right, top = transform_bounds('EPSG:32633', c['crs'], 399960 + 300, 5820000 - 2000, 399960 + 1900, 5820000 - 300)
    t = from_origin(left + c['dx'], top + c['dy'], c['pixel'], c['pixel'])
    metres = {'EPSG:32633': (c['pixel'],) * 2, 'EPSG:4326': (c['pixel'] * 111320 * 0.6088, c['pixel'] * 111270)}.get(c['crs'], (9, 9))
    w, h = int((right - left) / c['pixel']), int((top - bottom) / c['pixel'])
    for m in ('nearest', 'bilinear', 'cubic'):
        dst = np.full((2, h, w), np.nan, 'float32')
        reproject(data.astype('float32'), dst, src_transform=T, src_crs='EPSG:32633', src_nodata=0, dst_transform=t,
                  dst_crs=c['crs'], dst_nodata=np.nan, resampling=Resampling[m], tolerance=0,
                  XSCALE=min(1, 10 / metres[0]), YSCALE=min(1, 10 / metres[1]))
        name = folder + '/' + c['name'].replace(' ', '-') + '-' + m + '.raw'
        dst.tofile(name)
        out[c['name'] + ' ' + m] = {'grid': {'width': w, 'height': h, 'crs': c['crs'],
            'transform': [t.c, t.a, t.b, t.f, t.d, t.e]}, 'file': name}
print(json.dumps(out))
`;

describe.skipIf(!existsSync(python))('beside rasterio (needs the referee)', () => {
  let expected: Readonly<Record<string, Expected>>;
  beforeAll(() => {
    expected = JSON.parse(
      execFileSync(python, ['-c', script, folder, JSON.stringify(cases)], { encoding: 'utf8' }),
    ) as Readonly<Record<string, Expected>>;
  }, 60_000);

  test.each(cases.flatMap(({ name }) => methods.map((method) => [name, method] as const)))(
    '%s, %s',
    async (name, method: ResamplingMethod) => {
      const { grid, file } = expected[`${name} ${method}`]!;
      const wanted = new Float32Array(new Uint8Array(readFileSync(file)).buffer);
      const scene = resampledScene(await openScene(join(folder, 'scene.tif')), grid, method);
      const pixels = grid.width * grid.height;
      // GDAL interpolates projected positions as well: some thousandths of a pixel, of which each is worth up to 2 here.
      const limit = grid.crs === 'EPSG:32633' ? 0.5 : 15;
      let same = 0;
      // In windows that do not fit the grid, so that their edges are tested too.
      for (let y = 0; y < grid.height; y += 37)
        for (let x = 0; x < grid.width; x += 53) {
          const width = Math.min(53, grid.width - x);
          const height = Math.min(37, grid.height - y);
          const { bands, masks } = await scene.read({ window: { x, y, width, height } });
          for (let k = 0; k < 2 * width * height; k++) {
            const [band, i] = [k % 2, k >> 1];
            const at = (y + Math.floor(i / width)) * grid.width + x + (i % width);
            const theirs = wanted[band * pixels + at]!;
            const ours = masks[band]![i] === 1 ? Number(bands[band]![i]) : Number.NaN;
            const bothNone = Number.isNaN(ours) && Number.isNaN(theirs);
            if (bothNone || Math.abs(ours - theirs) < limit) same++;
          }
        }
      await scene.close();
      // Nearest pixels and borders of holes may turn over where a position is a hair beside an edge.
      expect(same / (2 * pixels)).toBeGreaterThan(limit === 0.5 ? 0.9999 : 0.994);
    },
  );
});

test('a scene on its own grid stays as it is', async () => {
  const source = await openScene(
    join(import.meta.dirname, '../../../../shared/data/change/oscd_stacked/paris_t1_13band.tif'),
  ).catch(() => undefined);
  if (source === undefined) return;
  const window = { x: 5, y: 9, width: 70, height: 40 };
  const plain = await source.read({ window });
  const same = resampledScene(source, source.description.grid, 'cubic');
  const read = await same.read({ window });
  for (const [band, samples] of plain.bands.entries())
    expect(Array.from(read.bands[band]! as Float32Array)).toEqual(
      Array.from(samples as Uint16Array),
    );
  await same.close();
});
