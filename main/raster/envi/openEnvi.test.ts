import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../app/error.ts';
import { wholeWindow } from '../../../app/raster/grid.ts';
import { openScene } from '../formats.ts';
import { errorOf, temporaryFolder } from '../scenes/testing/files.ts';
import { digest, noReferee, Referee, type RefereeFacts } from '../scenes/testing/referee.ts';
import { openEnvi } from './openEnvi.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Writes a header and data into a folder of its own; returns the path of the data. */
function envi(header: string, data: Uint8Array, names = ['scene.hdr', 'scene.img']): string {
  const place = folder.newFolder();
  writeFileSync(join(place, names[0]!), header);
  writeFileSync(join(place, names[1]!), data);
  return join(place, names[1]!);
}

const plain =
  'ENVI\nsamples = 4\nlines = 3\nbands = 2\nheader offset = 0\ndata type = 1\ninterleave = bsq\nbyte order = 0\n';
const bytes = Uint8Array.from({ length: 24 }, (_, i) => i);

describe('ENVI header', () => {
  it('wavelengths, widths, bad bands, scale and ignore value', async () => {
    const path = envi(
      `${plain}wavelength units = Micrometers\nwavelength = { 0.48,\n 1.65}\nfwhm = {0.01, 0.02}\nbbl = {1, 0}\n` +
        'reflectance scale factor = 10000\ndata ignore value = 5\nband names = {\nBlue, Short wave}\n',
      bytes,
    );
    const source = await openEnvi(path);
    expect(source.description.bands).toEqual([
      {
        name: 'Blue',
        type: 'uint8',
        wavelengthNm: 480,
        fwhmNm: 10,
        nodata: 5,
        scale: 1e-4,
        offset: 0,
        unit: 'reflectance',
      },
      {
        name: 'Short wave',
        type: 'uint8',
        wavelengthNm: 1650,
        fwhmNm: 20,
        nodata: 5,
        scale: 1e-4,
        offset: 0,
        unit: 'reflectance',
        bad: true,
      },
    ]);
    const block = await source.read({ window: wholeWindow(source.description.grid) });
    expect(block.masks[0]?.indexOf(0)).toBe(5);
    expect(block.masks[1]).toBeUndefined();
    await source.close();
  });

  it.each([
    ['Nanometers', [480, 1650], [480, 1650]],
    ['', [480, 1650], [480, 1650]],
    ['Unknown', [0.48, 1.65], [480, 1650]],
    ['Index', [1, 2], [undefined, undefined]],
  ])('wavelengths in "%s"', async (unit, stated, expected) => {
    const path = envi(
      `${plain}wavelength units = ${unit}\nwavelength = {${stated.join()}}\n`,
      bytes,
    );
    const source = await openEnvi(path);
    expect(source.description.bands.map((band) => band.wavelengthNm)).toEqual(expected);
    await source.close();
  });

  it('class names and colours', async () => {
    const path = envi(
      'ENVI\nsamples = 4\nlines = 6\nbands = 1\ndata type = 1\nfile type = ENVI Classification\nclasses = 3\n' +
        'class lookup = {0,0,0, 255,0,0, 0,128,0}\nclass names = {Unclassified, Roof, Grass}\n',
      bytes,
    );
    const { description } = await openEnvi(path);
    expect([...description.classNames!]).toEqual([
      [0, 'Unclassified'],
      [1, 'Roof'],
      [2, 'Grass'],
    ]);
    expect(description.palette?.get(2)).toEqual([0, 128, 0, 255]);
  });

  it('header beside the data under any usual name and case', async () => {
    for (const names of [
      ['a.HDR', 'a'],
      ['a.hdr', 'a.dat'],
      ['a.img.hdr', 'a.img'],
      ['A.Hdr', 'A.IMG'],
    ]) {
      const path = envi(plain, bytes, names);
      for (const named of [path, join(path, '..', names[0]!)]) {
        const source = await openScene(named);
        expect(source.description.format).toBe('ENVI');
        expect(
          source.description.files.map((file) => file.slice(file.lastIndexOf('/') + 1)),
        ).toEqual(names);
        await source.close();
      }
    }
  });

  it.each([
    ['complex numbers', plain.replace('data type = 1', 'data type = 6'), 'unsupported'],
    ['an unknown type', plain.replace('data type = 1', 'data type = 7'), 'unsupported'],
    ['no width', plain.replace('samples = 4\n', ''), 'corrupt'],
    ['width 0', plain.replace('samples = 4', 'samples = 0'), 'corrupt'],
    ['an absurd width', plain.replace('samples = 4', 'samples = 4000000000'), 'corrupt'],
    ['more pixels than bytes', plain.replace('lines = 3', 'lines = 4'), 'corrupt'],
    ['an offset past the end', plain.replace('offset = 0', 'offset = 1'), 'corrupt'],
    ['an unknown interleave', plain.replace('bsq', 'bsx'), 'corrupt'],
    ['an open brace', `${plain}band names = {a, b`, 'corrupt'],
    ['compression', `${plain}file compression = 1\n`, 'unsupported'],
  ])('refuses %s', async (_, header, code) => {
    const path = envi(header, bytes);
    const error = await errorOf(openEnvi(path));
    expect(error.code).toBe(code);
    expect(error.message).toContain('scene.');
  });

  it('a mutated header is read or refused, never anything else', async () => {
    const text = `${plain}map info = {UTM, 1, 1, 500000, 5000000, 10, 10, 33, North, WGS-84}\nbbl = {1, 1}\n`;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.string({ maxLength: 4 }),
        fc.nat(6),
        async (at, inserted, removed) => {
          const path = envi(text.slice(0, at) + inserted + text.slice(at + removed), bytes);
          try {
            const source = await openEnvi(path);
            await source.read({ window: { x: 0, y: 0, width: 1, height: 1 } });
            await source.close();
          } catch (error) {
            expect(error).toBeInstanceOf(AppError);
          }
        },
      ),
      { numRuns: 150, seed: 11 },
    );
  });
});

describe.skipIf(noReferee !== undefined)(`ENVI beside rasterio ${noReferee ?? ''}`, () => {
  let referee: Referee;
  beforeAll(() => {
    referee = new Referee();
  });
  afterAll(() => referee.stop());

  const types = ['uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'];
  for (const interleave of ['BSQ', 'BIL', 'BIP']) {
    it.each(types)(`${interleave} %s in both byte orders`, async (dtype) => {
      const path = join(folder.path, `${interleave}-${dtype}/scene.img`);
      const transform = [512340.5, 30, 0, 4321000.25, 0, -30];
      const profile = {
        driver: 'ENVI',
        count: 4,
        width: 37,
        height: 29,
        dtype,
        INTERLEAVE: interleave,
        crs: 'EPSG:32733',
        transform,
      };
      const { digests } = await referee.must<{ digests: string[] }>({ do: 'write', path, profile });
      const window = { x: 5, y: 3, width: 20, height: 11 };
      const facts = await referee.must<RefereeFacts>({ do: 'read', path, window: [5, 3, 20, 11] });
      const read = async (): Promise<void> => {
        const source = await openEnvi(path);
        const { grid } = source.description;
        expect(grid).toEqual({ width: 37, height: 29, crs: 'EPSG:32733', transform });
        expect((await source.read({ window: wholeWindow(grid) })).bands.map(digest)).toEqual(
          digests,
        );
        expect((await source.read({ window })).bands.map(digest)).toEqual(facts.digests);
        await source.close();
      };
      await read();
      const data = readFileSync(path);
      const size = data.length / (37 * 29 * 4);
      if (size === 2) data.swap16();
      if (size === 4) data.swap32();
      if (size === 8) data.swap64();
      writeFileSync(path, data);
      const header = path.replace('.img', '.hdr');
      writeFileSync(
        header,
        readFileSync(header, 'utf8').replace('byte order = 0', 'byte order = 1'),
      );
      await read();
    });
  }

  it('64-bit integers keep every bit', async () => {
    const values = BigInt64Array.from([2n ** 62n + 1n, -(2n ** 53n) - 1n, 0n, 7n]);
    const path = envi(
      'ENVI\nsamples = 2\nlines = 2\nbands = 1\ndata type = 14\nbyte order = 0\n',
      new Uint8Array(values.buffer),
    );
    const source = await openEnvi(path);
    const { bands } = await source.read({ window: { x: 0, y: 0, width: 2, height: 2 } });
    expect(bands[0]).toEqual(values);
  });

  it('rotated and shifted map info as GDAL', async () => {
    for (const info of [
      'UTM, 1.0, 1.0, 736600.089, 4078126.75, 2.7, 2.7, 12, North, WGS-84, units=Meters, rotation=-66.0',
      'UTM, 1.5, 1.5, 300005, 6000000, 10, 10, 31, South, WGS-84',
      'Geographic Lat/Lon, 1, 1, -44.84032, -22.932584, 0.003432, 0.003432, WGS-84',
    ]) {
      const path = envi(`${plain}map info = {${info}}\n`, bytes);
      const facts = await referee.must<RefereeFacts>({ do: 'read', path });
      const { grid } = (await openEnvi(path)).description;
      facts.transform?.forEach((value, i) => expect(grid.transform?.[i]).toBeCloseTo(value, 8));
      // GDAL writes a UTM system without its code in some cases; ours is the code that the zone has.
      if (facts.epsg !== null) expect(grid.crs).toBe(`EPSG:${facts.epsg}`);
      else expect(grid.crs).toMatch(/^EPSG:32[67]\d\d$/);
    }
  });

  it('reads little beside the window', async () => {
    const path = join(folder.path, 'large/scene.img');
    const profile = {
      driver: 'ENVI',
      count: 8,
      width: 1000,
      height: 800,
      dtype: 'int16',
      INTERLEAVE: 'BSQ',
    };
    await referee.must({ do: 'write', path, profile });
    const { openFile } = await import('../tiff/byteSource.ts');
    const { readStrided } = await import('../scenes/strided.ts');
    const file = openFile(path);
    const layout = {
      type: 'int16',
      offset: 0,
      bigEndian: false,
      strides: { band: 800_000, row: 1000, column: 1 },
    } as const;
    const rows = Int32Array.from({ length: 50 }, (_, i) => 100 + i);
    const columns = Int32Array.from({ length: 60 }, (_, i) => 200 + i);
    await readStrided(file, layout, {
      window: { x: 200, y: 100, width: 60, height: 50 },
      bands: [1, 6],
      width: 60,
      height: 50,
      rows,
      columns,
      signal: undefined,
    });
    expect(file.counters().bytes).toBeLessThan(2 * 50 * 1000 * 2 + 1);
    expect(file.counters().requests).toBe(2);
    await file.close();
  });

  it('a truncated file is refused at every length', async () => {
    const path = envi(plain, bytes);
    renameSync(path, `${path}.whole`);
    for (let length = 0; length < 24; length++) {
      writeFileSync(path, bytes.subarray(0, length));
      expect((await errorOf(openEnvi(path))).code).toBe('corrupt');
    }
  });
});
