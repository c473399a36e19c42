import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SceneDescription } from '../../../app/raster/scene.ts';
import { errorOf, temporaryFolder } from '../scenes/testing/files.ts';
import { noReferee, Referee, type RefereeFacts } from '../scenes/testing/referee.ts';
import { parseHeader } from './header.ts';
import { openEnvi } from './openEnvi.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const plain = 'ENVI\nsamples = 4\nlines = 3\nbands = 2\ndata type = 1\n';

/** Writes an image of 2 bands whose header has these lines too; returns the path of its data. */
function envi(lines: string): string {
  const place = folder.newFolder();
  writeFileSync(join(place, 'scene.hdr'), plain + lines);
  writeFileSync(join(place, 'scene.img'), new Uint8Array(24));
  return join(place, 'scene.img');
}

async function describeScene(lines: string): Promise<SceneDescription> {
  const source = await openEnvi(envi(lines));
  await source.close();
  return source.description;
}

describe('fields of an ENVI header', () => {
  it.each([
    ['Millimeters', '0.00048, 0.00165', [480, 1650]],
    ['mm', '0.00048, 0.00165', [480, 1650]],
    ['Angstroms', '4800, 16500', [480, 1650]],
    ['unknown', '480, 1650', [480, 1650]],
    ['unknown', '1, 5000', [undefined, undefined]],
    ['Wavenumber', '480, 1650', [undefined, undefined]],
    [undefined, '0.48, 1.65', [480, 1650]],
    [undefined, '480, 1650, 2000', [undefined, undefined]],
    [undefined, '480, far', [undefined, undefined]],
  ])('wavelengths in %s: %s', async (unit, values, expected) => {
    const units = unit === undefined ? '' : `wavelength units = ${unit}\n`;
    const { bands } = await describeScene(`${units}wavelength = {${values}}\n`);
    expect(bands.map((band) => band.wavelengthNm)).toEqual(expected);
  });

  it('gains and offsets of each band', async () => {
    const { bands } = await describeScene(
      'data gain values = {0.5, 0.25}\ndata offset values = {1, -2}\ndata ignore value = \n',
    );
    expect(bands.map((band) => [band.scale, band.offset, band.nodata])).toEqual([
      [0.5, 1, undefined],
      [0.25, -2, undefined],
    ]);
  });

  it('classes without names, without colours, and colours out of range', async () => {
    const kind = 'file type = ENVI Classification\n';
    const neither = await describeScene(kind);
    expect([neither.classNames, neither.palette]).toEqual([undefined, undefined]);
    const named = await describeScene(`${kind}class names = {None, Roof}\n`);
    expect([[...named.classNames!], named.palette]).toEqual([
      [
        [0, 'None'],
        [1, 'Roof'],
      ],
      undefined,
    ]);
    const coloured = await describeScene(`${kind}class lookup = {0, 300, -5, x, 1.6, 2, 9}\n`);
    expect([coloured.classNames, [...coloured.palette!]]).toEqual([
      undefined,
      [
        [0, [0, 255, 0, 255]],
        [1, [0, 2, 2, 255]],
      ],
    ]);
    const plainScene = await describeScene('class names = {None, Roof}\n');
    expect(plainScene.classNames).toBeUndefined();
  });

  it('remarks and lines that are no field are passed over', async () => {
    const { bands, metadata } = await describeScene(
      '; band names = {X, Y}\n  ; written by a test {\n\nno field\nband names = {A, B}\nsensor type = Hyperion\n',
    );
    expect(bands.map((band) => band.name)).toEqual(['A', 'B']);
    expect(metadata['sensor_type']).toBe('Hyperion');
  });

  it.each([
    ['another text', 'NVI\nsamples = 4\n', 'its first line is not "ENVI"'],
    ['bytes that are no text', `${plain}sensor type = a\0b\n`, 'bytes that are no text'],
    [
      'a brace in a remark of no field',
      `${plain}and so on {\n}\n`,
      'opens a brace in "and so on {"',
    ],
    [
      'a brace within a value',
      `${plain}description = a {b,\nc}\n`,
      'which is no field with a list',
    ],
    ['a brace that stays open', `${plain}bbl = {1,\n0\n`, 'ends within the braces of "bbl"'],
  ])('%s: refused', (_, text, found) => {
    expect(() => parseHeader(text, 'a.hdr')).toThrow(found);
  });

  it('a header that names what it does not have is refused where it is opened', async () => {
    const path = envi('description = {open\n');
    const error = await errorOf(openEnvi(path));
    expect([error.code, error.details['field']]).toEqual(['corrupt', 'description']);
  });
});

describe.skipIf(noReferee !== undefined)(`map info beside rasterio ${noReferee ?? ''}`, () => {
  let referee: Referee;
  beforeAll(() => {
    referee = new Referee();
  });
  afterAll(() => referee.stop());

  it.each([
    ['no datum', 'Geographic Lat/Lon, 1, 1, 12.5, 50.25, 0.001, 0.002', 'EPSG:4326'],
    ['WGS-84', 'Geographic Lat/Lon, 1, 1, 12.5, 50.25, 0.001, 0.002, WGS-84', 'EPSG:4326'],
    ['an unknown projection', 'Elsewhere, 1, 1, 12.5, 50.25, 2, 2', undefined],
    ['a UTM zone', 'UTM, 1, 1, 500000, 5600000, 10, 10, 33, North, WGS-84', 'EPSG:32633'],
  ])('%s', async (_, info, crs) => {
    const path = envi(`map info = {${info}}\n`);
    const facts = await referee.must<RefereeFacts>({ do: 'read', path });
    const { grid } = await openEnvi(path).then(async (source) => {
      await source.close();
      return source.description;
    });
    // GDAL writes some zeros as −0.
    expect(grid.transform).toEqual(facts.transform?.map((value) => value + 0));
    expect(grid.crs).toBe(crs);
  });

  it.each([
    'UTM, 1, 1, 500000, 5600000, 0, 10, 33, North, WGS-84',
    'UTM, 1, 1, 500000, 5600000, 10, 0, 33, North, WGS-84',
    'UTM, 1, 1, 500000, 5600000, ten, 10, 33, North, WGS-84',
    'UTM, 1, 1, 500000',
  ])('%s places nothing', async (info) => {
    const { grid } = await describeScene(`map info = {${info}}\n`);
    expect(grid).not.toHaveProperty('transform');
  });
});
