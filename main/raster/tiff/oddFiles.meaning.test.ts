import { describe, expect, it } from 'vitest';
import { besideRasterio, image, one, read, text } from './testing/oddScene.ts';
import { imageFields, type WrittenField, type WrittenFile } from './testing/writeTiff.ts';

besideRasterio();

describe('colours', () => {
  it('of 8 bits in a colour map of 16 are taken as they stand', async () => {
    const values = Array.from({ length: 768 }, (_, i) => i % 256);
    const { scene } = await read({
      directories: [image([one(262, 3, 3), one(320, 3, ...values)])],
    });
    expect(scene.description.palette?.get(200)).toEqual([200, 200, 200, 255]);
  });
});

describe('metadata', () => {
  const described = (xml: string, more: readonly WrittenField[] = []): WrittenFile => ({
    directories: [image([text(42112, xml), ...more])],
  });
  const list = (...items: string[]): string => `<GDALMetadata>${items.join('')}</GDALMetadata>`;
  const item = (name: string, value: string, more = ''): string =>
    `<Item name="${name}"${more}>${value}</Item>`;

  it('a text needs no end mark', async () => {
    const whole = list(item('A', 'b'));
    const field = { ...text(42112, whole), rawCount: whole.length };
    const { scene } = await read({ directories: [image([field])] });
    expect(scene.description.metadata).toEqual({ A: 'b' });
  });

  it('of the old fields are there where they are texts', async () => {
    const fields = [text(270, 'a field'), text(305, 'by hand'), one(306, 3, 2020)];
    const { scene } = await read({ directories: [image(fields)] });
    expect(scene.description.metadata).toEqual({
      TIFFTAG_IMAGEDESCRIPTION: 'a field',
      TIFFTAG_SOFTWARE: 'by hand',
    });
  });

  it('in Latin-1 is read as such', async () => {
    const bytes = Buffer.from(list(item('A', 'Käse')), 'latin1');
    const { scene } = await read({ directories: [image([one(42112, 2, ...bytes, 0)])] });
    expect(scene.description.metadata).toEqual({ A: 'Käse' });
  });

  it('that is no XML counts as none', async () => {
    const { scene } = await read(described('<GDALMetadata><Item'));
    expect(scene.description.metadata).toEqual({});
  });

  it('items without a name or of no band are passed over', async () => {
    const xml = list(
      '<Item>x</Item>',
      item('SCALE', '3', ' sample="-1" role="scale"'),
      item('SCALE', '3', ' sample="x" role="scale"'),
      item('SCALE', '2', ' sample="0" role="scale"'),
    );
    const { scene } = await read(described(xml));
    expect(scene.description.bands[0]!.scale).toBe(2);
    expect(scene.description.metadata).toEqual({});
  });

  it.each([
    ['inf', Infinity],
    ['-inf', -Infinity],
    ['-1.#INF', -Infinity],
    ['1.#QNAN', Number.NaN],
    ['0.1', Math.fround(0.1)],
    ['none', undefined],
  ])('nodata %s of floats', async (word, value) => {
    const fields = imageFields({ width: 2, height: 1, bits: 32, format: 3 });
    const block = new Uint8Array(Float32Array.of(value ?? 0, 5).buffer);
    const { scene, mask } = await read(
      {
        directories: [{ fields: [...fields, text(42113, word)], blocks: [block] }],
      },
      false,
    );
    expect(scene.description.bands[0]!.nodata).toEqual(value);
    expect(mask).toEqual(value === undefined ? undefined : [0, 1]);
  });

  it('nodata of doubles keeps all its digits', async () => {
    const fields = imageFields({ width: 2, height: 1, bits: 64, format: 3 });
    const block = new Uint8Array(Float64Array.of(0.1, 5).buffer);
    const { scene, mask } = await read({
      directories: [{ fields: [...fields, text(42113, '0.1')], blocks: [block] }],
    });
    expect(scene.description.bands[0]!.nodata).toBe(0.1);
    expect(mask).toEqual([0, 1]);
  });

  it('nodata that whole numbers cannot be is none', async () => {
    const { scene } = await read(described(list(), [text(42113, 'nan')]), false);
    expect(scene.description.bands[0]!.nodata).toBeUndefined();
    const fields = [...imageFields({ width: 1, height: 1, bits: 64 }), text(42113, '0.5')];
    const wide = await read({ directories: [{ fields, blocks: [new Uint8Array(8)] }] }, false);
    expect(wide.mask).toBeUndefined();
  });

  it.each<[string, string[], object]>([
    [
      'micrometres by their size',
      [item('wavelength', '0.665', ' sample="0"')],
      { wavelengthNm: 665 },
    ],
    ['nanometres by their size', [item('wavelength', '665', ' sample="0"')], { wavelengthNm: 665 }],
    [
      'micrometres by name, width with them',
      [item('CENTRAL_WAVELENGTH_UM', '0.8', ' sample="0"'), item('FWHM_UM', '0.02', ' sample="0"')],
      { wavelengthNm: 800, fwhmNm: 20 },
    ],
    [
      'lists of the whole file',
      [
        item('wavelength', '{ 550.5, 600}'),
        item('fwhm', '{12,}'),
        item('bbl', '{0}'),
        item('Band_1', 'green'),
      ],
      { wavelengthNm: 550.5, fwhmNm: 12, bad: true, name: 'green' },
    ],
    [
      'words instead of numbers',
      [item('wavelength', 'red, blue'), item('fwhm', '{,}')],
      { name: 'band 1' },
    ],
  ])('wavelengths: %s', async (_, items, expected) => {
    const { scene } = await read(described(list(...items)));
    const { name, wavelengthNm, fwhmNm, bad } = scene.description.bands[0]!;
    expect({ name, wavelengthNm, fwhmNm, bad }).toEqual({
      ...{ name: 'band 1', wavelengthNm: undefined, fwhmNm: undefined, bad: undefined },
      ...expected,
    });
  });
});
