import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sceneViolations } from './conformance.ts';
import { openScene } from './formats.ts';
import { comparePixels } from './scenes/testing/comparePixels.ts';
import { matFile, temporaryFolder } from './scenes/testing/files.ts';
import { because, noReferee, Referee } from './scenes/testing/referee.ts';
import { writeSafe } from './scenes/testing/safeProduct.ts';

const folder = temporaryFolder();
let referee: Referee;

/** One small scene a format, and the odd shapes of each: name, driver, options. */
const written: readonly (readonly [name: string, profile: Readonly<Record<string, unknown>>])[] = [
  ['strips.tif', { driver: 'GTiff', count: 3, width: 101, height: 77, dtype: 'uint16', nodata: 0 }],
  [
    'cog.tif',
    {
      driver: 'COG',
      count: 2,
      width: 700,
      height: 600,
      dtype: 'int16',
      compress: 'DEFLATE',
      BLOCKSIZE: 128,
    },
  ],
  [
    'masked.tif',
    {
      driver: 'GTiff',
      count: 1,
      width: 90,
      height: 70,
      dtype: 'uint8',
      tiled: true,
      blockxsize: 16,
      blockysize: 16,
      compress: 'deflate',
    },
  ],
  [
    'float.tif',
    {
      driver: 'GTiff',
      count: 2,
      width: 60,
      height: 50,
      dtype: 'float32',
      nodata: 0,
      tiled: true,
      blockxsize: 16,
      blockysize: 16,
    },
  ],
  [
    'bsq.img',
    {
      driver: 'ENVI',
      count: 5,
      width: 83,
      height: 61,
      dtype: 'int16',
      INTERLEAVE: 'BSQ',
      nodata: -1500,
    },
  ],
  [
    'bil.img',
    {
      driver: 'ENVI',
      count: 5,
      width: 83,
      height: 61,
      dtype: 'float32',
      INTERLEAVE: 'BIL',
      nodata: 0,
    },
  ],
  [
    'bip.img',
    { driver: 'ENVI', count: 5, width: 83, height: 61, dtype: 'float64', INTERLEAVE: 'BIP' },
  ],
  [
    'one.img',
    { driver: 'ENVI', count: 1, width: 83, height: 61, dtype: 'uint32', INTERLEAVE: 'BIP' },
  ],
  [
    'grey.jp2',
    {
      driver: 'JP2OpenJPEG',
      tiled: true,
      count: 1,
      width: 200,
      height: 150,
      dtype: 'uint16',
      QUALITY: '100',
      REVERSIBLE: 'YES',
      BLOCKXSIZE: 64,
      BLOCKYSIZE: 64,
    },
  ],
  [
    'colour.jp2',
    {
      driver: 'JP2OpenJPEG',
      tiled: true,
      count: 3,
      width: 131,
      height: 97,
      dtype: 'uint8',
      QUALITY: '100',
      REVERSIBLE: 'YES',
      YCBCR420: 'NO',
    },
  ],
  ['grey.png', { driver: 'PNG', count: 1, width: 71, height: 53, dtype: 'uint16' }],
  ['alpha.png', { driver: 'PNG', count: 4, width: 71, height: 53, dtype: 'uint8' }],
  ['grey.jpg', { driver: 'JPEG', count: 1, width: 90, height: 70, dtype: 'uint8' }],
];

describe.skipIf(noReferee !== undefined)(
  `every format keeps the rules${because(noReferee)}`,
  () => {
    beforeAll(async () => {
      referee = new Referee();
      for (const [name, profile] of written) {
        await referee.must({
          do: 'write',
          path: join(folder.path, name),
          profile,
          mask: name.startsWith('masked'),
        });
      }
      await writeSafe(referee, {
        folder: join(folder.path, 'new.SAFE'),
        level: '2A',
        offset: true,
        side60: 25,
      });
      mkdirSync(join(folder.path, 'bands'));
      for (const [i, size] of [
        [1, 40],
        [2, 120],
        [3, 60],
      ] as const) {
        await referee.must({
          do: 'write',
          path: join(folder.path, `bands/part_${i}.tif`),
          seed: i,
          profile: {
            driver: 'GTiff',
            count: 1,
            width: size,
            height: size,
            dtype: 'uint16',
            nodata: 0,
            crs: 'EPSG:32633',
            transform: [1000, 1200 / size, 0, 5000, 0, -1200 / size],
          },
        });
      }
      const values = Array.from({ length: 30 * 20 * 6 }, (_, i) => (i * 7919) % 1000);
      const cube = { name: 'cube', dimensions: [30, 20, 6], type: 'uint16', values } as const;
      writeFileSync(join(folder.path, 'cube.mat'), matFile([{ ...cube, compressed: true }]));
      writeFileSync(join(folder.path, 'plain.mat'), matFile([cube], true));
    });
    afterAll(() => {
      referee.stop();
      folder.remove();
    });

    for (const name of [
      ...written.map(([file]) => file),
      'new.SAFE',
      'bands',
      'cube.mat',
      'plain.mat',
    ]) {
      it(name, async () => {
        expect(await sceneViolations(() => openScene(join(folder.path, name)))).toEqual([]);
      });
    }

    for (const [name] of written) {
      it(`${name} has rasterio's pixels`, async () => {
        await comparePixels(referee, join(folder.path, name));
      });
    }

    it('a folder that holds one product is that product, with a choice of its images', async () => {
      const holder = join(folder.path, 'download');
      cpSync(join(folder.path, 'new.SAFE'), join(holder, 'new.SAFE'), { recursive: true });
      mkdirSync(join(holder, 'notes'));
      const open = async (name: string) => {
        const source = await openScene(name);
        await source.close();
        return source.description;
      };
      const product = await open(join(folder.path, 'new.SAFE'));
      const found = await open(holder);
      expect(found).toMatchObject({ uri: holder, grid: product.grid, bands: product.bands });
      const classes = await open(`${holder}#SCL`);
      expect(classes.uri).toBe(`${holder}#SCL`);
      expect(classes.bands.map((band) => band.type)).toEqual(['uint8']);
    });

    it('the suite finds a reader that breaks its rules', async () => {
      const broken = await sceneViolations(async () => {
        const source = await openScene(join(folder.path, 'strips.tif'));
        return {
          ...source,
          read: async (request) => {
            const block = await source.read({ ...request, bands: [0, 1, 2] });
            return { ...block, masks: block.masks.map(() => undefined) };
          },
        };
      });
      const rules = broken.map((violation) => violation.rule);
      expect(rules.some((rule) => rule.endsWith('nodata and NaN are masked'))).toBe(true);
      expect(rules).toContain('chosen bands: one array and mask a band');
    });

    it('the suite finds windows of other pixels or masks, and a failure without a reason', async () => {
      for (const wrong of ['pixels', 'mask'] as const) {
        const broken = await sceneViolations(async () => {
          const source = await openScene(join(folder.path, 'float.tif'));
          const { grid } = source.description;
          return {
            ...source,
            read: async (request) => {
              const { x, y, width, height } = request.window;
              if (x < 0 || y < 0 || x + width > grid.width)
                // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what is tested
                return Promise.reject(undefined);
              const block = await source.read(request);
              if (width === grid.width && height === grid.height) return block;
              const bands = block.bands.map((samples) => samples.map(() => 12345 as never));
              const masks = bands.map(() => new Uint8Array(width * height));
              return wrong === 'pixels' ? { ...block, bands } : { ...block, masks };
            },
          };
        });
        const found = broken.find(({ rule }) => rule === 'a window shows the pixels of the whole');
        expect(found?.found).toMatch(wrong === 'pixels' ? /is 12345, not/ : /mask of band 1/);
        expect(broken.some((violation) => violation.found.includes('nothing'))).toBe(true);
      }
    });
  },
);
