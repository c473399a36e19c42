import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { AppError } from '../../../app/error.ts';
import { readRecipe } from './readRecipe.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-recipe-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'recipe.yaml');

const problem = async (text: string | Buffer): Promise<string> => {
  writeFileSync(path, text);
  const error = await readRecipe(path).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  expect((error as AppError).code).toBe('usage');
  return (error as AppError).message;
};

test('the least recipe names a model; paths count from its folder, the rest has defaults', async () => {
  writeFileSync(path, 'model: ../models/forest\nsettings: { within: area.gpkg }\n');
  expect(await readRecipe(path)).toEqual({
    model: join(folder, '../models/forest'),
    settings: {
      within: join(folder, 'area.gpkg'),
      flips: false,
      compression: 'deflate',
      force: false,
    },
    postprocess: {},
    outputs: { map: '{folder}/{name}.tif' },
    stac: true,
    mosaic: true,
  });
  writeFileSync(path, '{"model": "/m", "postprocess": {"majority": 5, "minimumArea": 0.5}}');
  expect((await readRecipe(path)).postprocess).toEqual({ majority: 5, minimumArea: 0.5 });
});

test.each([
  ['', /holds nothing; needed are keys and values, at least "model: FOLDER"/],
  ['- model', /holds a list/],
  ['settings: {}', /"model" is missing; needed is a string/],
  ['model: [a]', /"model" is \["a"\]; expected string/],
  [
    'model: m\nposprocess: {}',
    /"posprocess" is not known; there may stand model, settings, postprocess/,
  ],
  [
    'model: m\npostprocess: { seive: 4 }',
    /"seive" is not known; under "postprocess" may stand majority, sieve, minimumArea/,
  ],
  [
    'model: m\npostprocess: { majority: 4 }',
    /"postprocess.majority" is 4; an odd number is needed/,
  ],
  ['model: m\npostprocess: { sieve: many }', /"postprocess.sieve" is "many"; expected number/],
  ['model: m\nsettings: { compression: lzw }', /"settings.compression" is "lzw"; .*"deflate"/],
  ['model: m\nsettings: { window: [0, 0, 10] }', /"settings.window" is \[0,0,10\]/],
  [
    'model: m\noutputs: { map: "../{name}.tif" }',
    /"outputs.map" is "..\/\{name\}.tif"; it must stay/,
  ],
  ['model: "m', /is no YAML/],
  ['a: &a [x, x]\nb: &b [*a, *a]\nmodel: m', /"a", "b" is not known/],
  ['__proto__: { model: m }', /model/],
])('%j is refused', async (text, message) => {
  expect(await problem(text)).toMatch(message);
});

test('another file that was named by mistake is refused at once', async () => {
  expect(await problem(Buffer.alloc(2 ** 21, 'a'))).toContain('which no recipe needs');
  await expect(readRecipe(join(folder, 'none.yaml'))).rejects.toThrow('There is no recipe');
});
