import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../app/error.ts';
import { wholeWindow } from '../../app/raster/grid.ts';
import { openScene } from './formats.ts';
import { comparePixels } from './scenes/testing/comparePixels.ts';
import { because, noSharedData, Referee, sharedData } from './scenes/testing/referee.ts';

let referee: Referee;

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
        const facts = await comparePixels(referee, path);
        const source = await openScene(path);
        if (facts.transform !== null) {
          const stated = source.description.grid.transform;
          facts.transform.forEach((value, i) => expect(stated?.[i]).toBeCloseTo(value, 6));
        }
        if (facts.epsg !== null) expect(source.description.grid.crs).toBe(`EPSG:${facts.epsg}`);
        await source.close();
        return;
      }
      const error = await openAndRead(path);
      expect(error?.code).toBe(expected);
      expect(error?.message).toContain(path);
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

    it('are read, or refused with one plain error', async () => {
      expect(files.length).toBeGreaterThan(300);
      for (const path of files) await openAndLook(path);
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
