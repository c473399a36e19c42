import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isVectorFile, readRois } from './readRois.ts';
import { collection, feature, temporaryFolder } from './testing/geoJson.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe('class fields', () => {
  const rois = (fields: Record<string, unknown>[]) =>
    folder.write('fields.geojson', collection(fields.map((properties) => feature(properties))));

  it.for([
    [{ id: 1, klass: 'x', Class: 'wood' }, 'Class'],
    [{ osm_id: 'a', fclass: 'wood', name: null }, 'fclass'],
    [{ area: 1.5, LULC_NAME: 'wood', LULC_ID: 3 }, 'LULC_NAME'],
    [{ MC_ID: 1, C_ID: 2, C_name: 'wood', MC_name: 'green' }, 'C_name'],
    [{ anything: 'wood' }, 'anything'],
    [{ cid: 2, comment: null }, 'cid'],
  ] as const)('chooses the telling one of %j', async ([fields, chosen]) => {
    const path = rois([fields, fields, fields, fields, fields]);
    expect((await readRois(path)).classField).toBe(chosen);
  });

  it('takes the one that is named, in any case of letters, and says which there are', async () => {
    const path = rois([
      { one: 'a', two: 'b' },
      { one: 'b', two: 'c' },
    ]);
    expect((await readRois(path, { classField: 'TWO' })).classField).toBe('two');
    await expect(readRois(path, { classField: 'three' })).rejects.toMatchObject({
      code: 'bad-labels',
      details: { fields: ['one', 'two'] },
    });
    await expect(readRois(path)).rejects.toMatchObject({ code: 'bad-labels' });
  });

  it('keeps numbers from 1 to 255 as class values and numbers anything else', async () => {
    const values = async (list: unknown[]) => {
      const path = rois(list.map((value) => ({ class: value })));
      const { classes } = await readRois(path);
      return classes.map(({ value, name }) => `${value} ${name}`);
    };
    expect(await values([7, 3, 7, 255])).toEqual(['3 3', '7 7', '255 255']);
    expect(await values(['7', 3, 10])).toEqual(['3 3', '7 7', '10 10']);
    expect(await values([0, 1, 2])).toEqual(['1 0', '2 1', '3 2']);
    expect(await values([111, 2.5, 1000])).toEqual(['1 2.5', '2 111', '3 1000']);
    expect(await values(['b', 'a', ' a ', ''])).toEqual(['1 a', '2 b']);
  });

  it('takes colours and macroclasses along, and leaves out objects without a class', async () => {
    const path = rois([
      { class: 'a', colour: '#102030', macroclass: 'm' },
      { class: 'b', colour: '255, 0,7' },
      { class: 'c', colour: 'red; DROP' },
      { class: null },
    ]);
    const { classes, warnings, rois: found } = await readRois(path);
    expect(classes.slice(0, 2)).toMatchObject([
      { color: [16, 32, 48], macroclass: 'm' },
      { color: [255, 0, 7] },
    ]);
    expect(found.length).toBe(3);
    expect(warnings?.join()).toMatch(/1 objects without a class/);
  });

  it('refuses more than 255 classes and none', async () => {
    const many = rois(Array.from({ length: 300 }, (_, i) => ({ class: `c${i}` })));
    await expect(readRois(many, { classField: 'class' })).rejects.toMatchObject({
      code: 'bad-labels',
      details: { classes: 300 },
    });
    await expect(
      readRois(rois([{ class: null }, { class: '' }]), { classField: 'class' }),
    ).rejects.toMatchObject({ code: 'bad-labels' });
  });
});

describe('files', () => {
  it('are refused with a reason where they are missing, folders or something else', async () => {
    await expect(readRois(join(folder.path, 'none.gpkg'))).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(readRois(folder.path)).rejects.toMatchObject({ code: 'unknown-format' });
    const tiff = folder.write('a.tif', 'II*\0');
    expect(await isVectorFile(tiff)).toBe(false);
    await expect(readRois(tiff)).rejects.toMatchObject({ code: 'unknown-format' });
    await expect(readRois(folder.write('a.dbf', 'x'))).rejects.toThrow(/Name the .shp/);
    const signal = AbortSignal.abort();
    const good = folder.write('good.geojson', collection([feature({ class: 'a' })]));
    await expect(readRois(good, { signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
