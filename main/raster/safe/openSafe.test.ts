import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wholeWindow } from '../../../app/raster/grid.ts';
import { openScene } from '../formats.ts';
import { readSensor } from '../scenes/sensors.ts';
import { errorOf, temporaryFolder } from '../scenes/testing/files.ts';
import {
  digest,
  noReferee,
  noSharedData,
  Referee,
  type RefereeFacts,
  sharedData,
} from '../scenes/testing/referee.ts';
import {
  bandFile,
  bandsOfLevel,
  type SafeToWrite,
  writeSafe,
} from '../scenes/testing/safeProduct.ts';
import { descendants, parseDocument, textOf } from '../scenes/xml.ts';

describe.skipIf(noReferee !== undefined)(`Sentinel-2 SAFE ${noReferee ?? ''}`, () => {
  const folder = temporaryFolder();
  let referee: Referee;
  const products: readonly SafeToWrite[] = [
    { folder: join(folder.path, 'new1C.SAFE'), level: '1C', offset: true, side60: 20 },
    { folder: join(folder.path, 'old1C.SAFE'), level: '1C', offset: false, side60: 20 },
    { folder: join(folder.path, 'new2A.SAFE'), level: '2A', offset: true, side60: 20 },
    { folder: join(folder.path, 'old2A.SAFE'), level: '2A', offset: false, side60: 20 },
  ];
  beforeAll(async () => {
    referee = new Referee();
    for (const product of products) await writeSafe(referee, product);
  });
  afterAll(() => {
    referee.stop();
    folder.remove();
  });

  it.each(products)(
    '$folder: every band on the 10 m grid as rasterio resamples it',
    async (product) => {
      const source = await openScene(product.folder);
      const { grid, bands, metadata } = source.description;
      expect(grid).toEqual({
        width: 120,
        height: 120,
        crs: 'EPSG:32633',
        transform: [300000, 10, 0, 5900040, 0, -10],
      });
      expect(bands.map((band) => band.name).sort()).toEqual(bandsOfLevel(product.level).sort());
      expect(metadata).toMatchObject({
        level: `L${product.level}`,
        sensor: 'Sentinel-2B MSI',
        tile: 'T33UUU',
      });
      const block = await source.read({ window: wholeWindow(grid) });
      const shifted = await source.read({ window: { x: 7, y: 11, width: 50, height: 31 } });
      for (const [i, band] of bands.entries()) {
        expect(band.scale).toBe(1e-4);
        expect(band.offset).toBeCloseTo(product.offset ? -0.1 : 0, 12);
        expect(band).toMatchObject({ nodata: 0, unit: 'reflectance' });
        const path = join(product.folder, bandFile(product, band.name));
        const facts = await referee.must<RefereeFacts>({ do: 'read', path, size: [120, 120] });
        expect([digest(block.bands[i]!)], band.name).toEqual(facts.digests);
        for (let y = 0; y < 31; y++) {
          const line = (11 + y) * 120 + 7;
          expect(shifted.bands[i]!.subarray(y * 50, (y + 1) * 50)).toEqual(
            block.bands[i]!.subarray(line, line + 50),
          );
        }
        const invalid = block.bands[i]!.findIndex((value) => value === 0);
        expect(block.masks[i]?.[invalid]).toBe(0);
      }
      await source.close();
    },
  );

  it('scene classification as a class raster', async () => {
    const uri = `${join(folder.path, 'new2A.SAFE')}#SCL`;
    const source = await openScene(uri);
    expect(source.description).toMatchObject({
      uri,
      grid: { width: 60, transform: [300000, 20, 0, 5900040, 0, -20] },
    });
    expect(source.description.classNames?.get(4)).toBe('Vegetation');
    const { bands } = await source.read({ window: { x: 0, y: 0, width: 2, height: 1 } });
    expect([...bands[0]!]).toEqual([4, 4]);
    await source.close();
    const scene = await openScene(join(folder.path, 'new2A.SAFE'));
    expect(scene.description.metadata['scene_classification']).toBe(uri);
    await scene.close();
    const missing = await errorOf(openScene(`${join(folder.path, 'new1C.SAFE')}#SCL`));
    expect(missing.code).toBe('usage');
    expect(missing.message).toContain('B8A');
  });

  it('opens by its metadata file and from the folder around it', async () => {
    const source = await openScene(join(folder.path, 'new1C.SAFE/MTD_MSIL1C.xml'));
    expect(source.description).toMatchObject({ format: 'SAFE', bands: { length: 13 } });
    await source.close();
  });

  it('metadata that cheat are refused', async () => {
    const product = products[0]!;
    const copy = join(folder.path, 'cheat.SAFE');
    cpSync(product.folder, copy, { recursive: true });
    const path = join(copy, 'MTD_MSIL1C.xml');
    const text = readFileSync(path, 'utf8');
    const cases: readonly (readonly [string, string])[] = [
      [text.replace('<IMAGE_FILE>GRANULE/', '<IMAGE_FILE>../../etc/'), 'corrupt'],
      [text.replace('<n1:Level', '<!DOCTYPE a [<!ENTITY b "c">]><n1:Level'), 'corrupt'],
      [text.slice(0, text.length / 2), 'corrupt'],
      [text.replace(/QUANTIFICATION_VALUE/g, 'OTHER'), 'corrupt'],
      [text.replaceAll('Level-1C', 'Level-1B'), 'unsupported'],
    ];
    for (const [content, code] of cases) {
      writeFileSync(path, content);
      expect((await errorOf(openScene(copy))).code).toBe(code);
    }
    writeFileSync(path, text);
    const tile = join(copy, 'GRANULE/L1C_T33UUU_A000001_20240101T100000/MTD_TL.xml');
    const grids = readFileSync(tile, 'utf8');
    writeFileSync(tile, grids.replaceAll('<NCOLS>120', '<NCOLS>10980'));
    expect((await errorOf(openScene(copy))).code).toBe('corrupt');
    writeFileSync(tile, grids);
    rmSync(join(copy, bandFile(product, 'B02')));
    const rest = await openScene(copy);
    expect(rest.description.bands.map((band) => band.name)).not.toContain('B02');
    await rest.close();
  });

  it('images of another size than the metadata state are refused', async () => {
    const copy = join(folder.path, 'mixed.SAFE');
    cpSync(products[2]!.folder, copy, { recursive: true });
    const swapped = join(copy, bandFile(products[2]!, 'B02'));
    cpSync(join(copy, bandFile(products[2]!, 'B01')), swapped);
    const error = await errorOf(openScene(copy));
    expect([error.code, error.message.includes('20 × 20 pixels')]).toEqual(['corrupt', true]);
    expect(error.message).toContain('120 × 120');
    const tile = join(copy, 'GRANULE/L2A_T33UUU_A000001_20240101T100000/MTD_TL.xml');
    writeFileSync(tile, readFileSync(tile, 'utf8').replaceAll('resolution="10"', 'resolution="9"'));
    // An image whose resolution the metadata do not list lies on the grid of its size.
    const one = await openScene(`${copy}#B08`);
    expect(one.description.grid).toMatchObject({ width: 120, crs: 'EPSG:32633' });
    await one.close();
    writeFileSync(tile, readFileSync(tile, 'utf8').replaceAll('<NCOLS>120', '<NCOLS>119'));
    expect((await errorOf(openScene(`${copy}#B08`))).message).toContain('state ? × ?');
    rmSync(tile);
    expect((await errorOf(openScene(copy))).code).toBe('not-found');
  });

  it('a product without its images, or a folder without its metadata, says what is missing', async () => {
    const copy = join(folder.path, 'hollow.SAFE');
    cpSync(products[0]!.folder, copy, { recursive: true });
    for (const band of bandsOfLevel('1C')) rmSync(join(copy, bandFile(products[0]!, band)));
    const error = await errorOf(openScene(copy));
    expect([error.code, error.message.includes('none of its 13 image files')]).toEqual([
      'not-found',
      true,
    ]);
    rmSync(join(copy, 'MTD_MSIL1C.xml'));
    const around = join(folder.path, 'around');
    mkdirSync(around);
    cpSync(copy, join(around, 'hollow.SAFE'), { recursive: true });
    const bare = await errorOf(openScene(around));
    expect([bare.code, bare.message.includes('no Sentinel-2 metadata')]).toEqual([
      'unknown-format',
      true,
    ]);
  });
});

describe.skipIf(noSharedData !== undefined)(
  `Sentinel-2 metadata of the real layout ${noSharedData ?? ''}`,
  () => {
    const fakes = join(sharedData, 'odd/gdal_safe_fakes/autotest/gdrivers/data/sentinel2');
    let referee: Referee;
    beforeAll(() => {
      referee = new Referee();
    });
    afterAll(() => referee.stop());

    const real = [
      [
        'fake_l1c_processing_baseline_5_09/S2B_MSIL1C_20230823T095559_N0509_R122_T34UCF_20230823T120234.SAFE',
        'MTD_MSIL1C.xml',
        'SENTINEL2_L1C',
        -0.1,
        13,
      ],
      [
        'fake_l2a_processing_baseline_5_09/S2B_MSIL2A_20230823T095559_N0509_R122_T34UCF_20230823T124759.SAFE',
        'MTD_MSIL2A.xml',
        'SENTINEL2_L2A',
        -0.1,
        12,
      ],
    ] as const;
    it.each(real)('%s', async (folder, file, prefix, offset, bands) => {
      const path = join(fakes, folder);
      const source = await openScene(path);
      const { description } = source;
      const facts = await referee.must<RefereeFacts>({
        do: 'read',
        path: `${prefix}:${join(path, file)}:10m:EPSG_32634`,
        window: [0, 0, 1, 1],
      });
      expect(description.grid).toEqual({
        width: facts.width,
        height: facts.height,
        crs: `EPSG:${facts.epsg}`,
        transform: facts.transform,
      });
      expect(description.bands).toHaveLength(bands);
      expect(description.bands.every((band) => band.offset === offset && band.scale === 1e-4)).toBe(
        true,
      );
      expect(description.bands.find((band) => band.name === 'B8A')?.wavelengthNm).toBe(864);
      await source.close();
    });

    it('products of several tiles, other levels and other sizes say what to do', async () => {
      const several = join(fakes, 'fake_l1c/S2A_OPER_PRD_MSIL1C.SAFE');
      const error = await errorOf(openScene(several));
      expect(error.code).toBe('usage');
      expect(error.message).toContain('#T32TQR');
      const tile = await openScene(`${several}#T32TRQ`);
      expect(tile.description.bands).toHaveLength(13);
      await tile.close();
      expect(
        (await errorOf(openScene(join(fakes, 'fake_l1b/S2B_OPER_PRD_MSIL1B.SAFE')))).code,
      ).toBe('unsupported');
    });

    it('the band table agrees with the spectral responses in the metadata', async () => {
      const path = join(fakes, real[0][0], real[0][1]);
      const root = parseDocument(readFileSync(path, 'utf8'), path);
      const { bands } = await readSensor('sentinel-2b');
      const informations = descendants(root, 'Spectral_Information');
      expect(informations).toHaveLength(13);
      for (const [i, information] of informations.entries()) {
        const band = bands[i]!;
        expect(Math.abs(Number(textOf(information, 'CENTRAL')) - band.centreNm)).toBeLessThan(0.3);
        expect(Number(textOf(information, 'RESOLUTION'))).toBe(band.resolutionM);
        const response = textOf(information, 'VALUES')!.split(' ').map(Number);
        const above = response.filter((value) => value >= 0.5).length;
        expect(Math.abs(above - band.fwhmNm)).toBeLessThanOrEqual(Math.max(3, 0.05 * band.fwhmNm));
      }
    });
  },
);
