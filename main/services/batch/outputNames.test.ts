import { posix, resolve } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allNames, checkTemplate, outputName, refuseDoubles } from './outputNames.ts';

test('fields are filled in, and no folder leaves no slash', () => {
  const scene = { scene: '2024/may/S2A_T32.SAFE', date: '2024-05-03', model: 'forest' };
  expect(outputName('{folder}/{name}_{model}_{date}.tif', scene)).toBe(
    '2024/may/S2A_T32_forest_2024-05-03.tif',
  );
  expect(outputName('{folder}/{name}.{ending}.tif', { scene: 'a.b.hdr', model: 'm' })).toBe(
    'a.b.hdr.tif',
  );
  expect(outputName('{date}/{name}.tif', { scene: 'x.tif', model: 'm' })).toBe('undated/x.tif');
});

test.each([
  ['{name}.png', 'must end in .tif'],
  ['map.tif', 'must hold {name}'],
  ['{scene}_{name}.tif', '{scene} is not known; known are {folder}, {name}'],
  ['../{name}.tif', 'must stay inside'],
  ['/tmp/{name}.tif', 'must stay inside'],
  ['{folder}/../../{name}.tif', 'must stay inside'],
  ['C:{name}.tif', 'may not hold'],
  ['{{name}}.tif', 'is not known'],
])('the template %s is refused: %s', (template, reason) => {
  expect(() => checkTemplate('map', template)).toThrow(reason);
});

test('whatever a scene is called, its outputs stay in the folder of results', () => {
  const part = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((text) => !text.includes('/') && !text.includes('\0') && text !== '.' && text !== '..');
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), part, (parts, date) => {
      const scene = parts.join('/');
      const named = outputName('{folder}/{date}_{name}.tif', { scene, date, model: 'm' });
      const all = allNames({
        map: named,
        vector: outputName('v/{name}.gpkg', { scene, model: 'm' }),
      });
      for (const name of all) {
        expect(posix.isAbsolute(name)).toBe(false);
        expect(resolve('/results', name).startsWith('/results/')).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});

test('doubles are found by name, by case, by the form of accents and by files that stand beside', () => {
  const one = (scene: string, map: string) => ({ scene, names: allNames({ map }) });
  const refuse = (a: string, b: string) => () => refuseDoubles([one('a', a), one('b', b)]);
  expect(refuse('x.tif', 'y.tif')).not.toThrow();
  expect(refuse('x.tif', 'X.TIF')).toThrow('a and b would both');
  expect(refuse('caf\u00e9.tif', 'cafe\u0301.tif')).toThrow('a and b would both');
  expect(refuse('x.tif', 'x.tiff')).toThrow('x.qml');
  expect(() => refuseDoubles([{ scene: 'a', names: ['s.tif', 's.tif'] }])).toThrow('of its own');
  expect(() => refuseDoubles([{ scene: 'a', names: ['Report.html'] }])).toThrow('the batch itself');
});
