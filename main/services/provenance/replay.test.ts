import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../../app/error.ts';
import { runInChild } from '../../workers/host.ts';
import { writeRois, writeScene } from '../batch/testing/batchScenes.ts';
import { createServices } from '../createServices.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-replay-test-'));
const path = (name: string): string => join(folder, name);
const python = join(import.meta.dirname, '../../../.cache/referee/bin/python');
const services = createServices({ runTask: runInChild });
const replay = (manifest: string, more: Record<string, unknown> = {}) =>
  services.call('replay', { manifest: path(manifest), ...more });

beforeAll(async () => {
  await writeScene(path('scene.tif'), { seed: 1 });
  writeRois(path('rois.geojson'));
  const training = { scene: [path('scene.tif')], rois: path('rois.geojson'), split: 'random' };
  await services.call('train', { ...training, model: 'forest', seed: 5, out: path('forest') });
  await services.call('train', { ...training, epochs: 2, seed: 5, out: path('mamba') });
  await services.call('predict', {
    model: path('forest'),
    scene: path('scene.tif'),
    window: [10, 5, 60, 50],
    score: path('score.tif'),
    out: path('map.tif'),
  });
  writeFileSync(path('recipe.yaml'), 'model: forest\npostprocess: { majority: 3, sieve: 6 }\n');
  cpSync(path('scene.tif'), path('scenes/scene.tif'), { recursive: true });
  await services.call('batch', {
    folder: path('scenes'),
    recipe: path('recipe.yaml'),
    out: path('maps'),
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['forest', ['weights.safetensors', 'model.json', 'signatures.json', 'curve.json']],
  ['mamba/manifest.json', ['weights.safetensors', 'model.json', 'signatures.json', 'curve.json']],
  ['map.tif', ['map.tif']],
  ['maps/scene.tif.json', ['scene.tif']],
])('%s is made again byte by byte', async (manifest, names) => {
  const result = await replay(manifest);
  expect(result.differences).toEqual([]);
  expect(result.identical).toBe(true);
  expect(result.compared.map((file) => file.split('/').at(-1))).toEqual(names);
});

test('a record names the sources that made it, and another program is told of them', async () => {
  const record = JSON.parse(readFileSync(path('map.tif.json'), 'utf8')) as {
    program: { code: string };
  };
  expect(record.program.code).toMatch(/^[0-9a-f]{64}$/);
  const code = '0'.repeat(64);
  copyFileSync(path('map.tif'), path('elder.tif'));
  writeFileSync(
    path('elder.tif.json'),
    JSON.stringify({ ...record, program: { ...record.program, code } }),
  );
  const { notes } = await replay('elder.tif');
  expect(notes.join(' ')).toContain('other sources of the same version');
});

test.each(['forest/manifest.json', 'map.tif.json', 'maps/scene.tif.json'])(
  '%s has the hash of everything that the run wrote',
  (manifest) => {
    const { outputs } = JSON.parse(readFileSync(path(manifest), 'utf8')) as {
      outputs: { name: string; bytes: number; sha256: string }[];
    };
    expect(outputs.length).toBeGreaterThan(0);
    for (const { name, bytes, sha256 } of outputs) {
      const content = readFileSync(join(path(manifest), '..', name));
      expect({ name, bytes, sha256 }).toEqual({
        name,
        bytes: content.byteLength,
        sha256: createHash('sha256').update(content).digest('hex'),
      });
    }
  },
);

test('polygons carry the manifest of their map', async () => {
  await services.call('predict', {
    ...{ model: path('forest'), scene: path('scene.tif'), window: [10, 5, 60, 50] },
    ...{ out: path('vector.tif'), vector: path('vector.gpkg') },
  });
  const database = new DatabaseSync(path('vector.gpkg'), { readOnly: true });
  const { metadata } = database.prepare('SELECT metadata FROM gpkg_metadata').get() as {
    metadata: string;
  };
  database.close();
  const { command, inputs, settings } = JSON.parse(
    readFileSync(path('vector.tif.json'), 'utf8'),
  ) as {
    command: string;
    inputs: unknown;
    settings: unknown;
  };
  expect(JSON.parse(metadata)).toMatchObject({ command, inputs, settings });
});

test.skipIf(!existsSync(python))(
  'GDAL finds the manifest of polygons (skipped without the Python of the referees)',
  () => {
    const words = `import pyogrio, sys; print(pyogrio.read_info(sys.argv[1], layer='map')['dataset_metadata'])`;
    const seen = execFileSync(python, ['-c', words, path('vector.gpkg')], { encoding: 'utf8' });
    expect(seen).toContain('GPKG_METADATA_ITEM_1');
    expect(seen).toContain('"command":"predict"');
  },
);

test.each([
  ['a model that lies in the folder above', 'forest/manifest.json', { out: `${folder}/../..` }],
  ['a model without a name', 'forest/manifest.json', { out: '/' }],
  ['a model that is a number', 'forest/manifest.json', { out: 7 }],
  ['a scene that is none', 'maps/scene.tif.json', { scene: [1] }],
  ['post-processing that there is not', 'maps/scene.tif.json', { postprocess: { majority: 'x' } }],
])('a record of %s writes nothing elsewhere, and says so', async (_, manifest, changed) => {
  const record = JSON.parse(readFileSync(path(manifest), 'utf8')) as { settings: object };
  const place = path('mangled');
  mkdirSync(place, { recursive: true });
  const name = basename(manifest);
  const settings = { ...record.settings, ...changed };
  writeFileSync(join(place, name), JSON.stringify({ ...record, settings }));
  const before = readdirSync(folder);
  const out = path('mangled/again');
  const error = await replay(`mangled/${name}`, { out }).catch((reason: unknown) => reason);
  // a model may be made again under another name; whatever is refused is refused in coded words
  if (error instanceof Error)
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(unknown-format|not-found)$/) as string,
    });
  expect(readdirSync(folder)).toEqual(before);
  rmSync(place, { recursive: true, force: true });
});

test('a map that was changed, or made with another setting, differs, and it is said where', async () => {
  await services.call('predict', {
    model: path('mamba'),
    scene: path('scene.tif'),
    window: [10, 5, 60, 50],
    out: path('other.tif'),
  });
  copyFileSync(path('map.tif'), path('changed.tif'));
  copyFileSync(path('other.tif.json'), path('changed.tif.json'));
  const { identical, differences } = await replay('changed.tif', { out: path('kept') });
  expect(identical).toBe(false);
  expect(differences).toMatchObject([{ kind: 'output', name: 'changed.tif' }]);
  expect(differences[0]!.message).toMatch(
    /^\d+ of 3000 values differ; the first at column \d+, row \d+$/,
  );
  expect(readFileSync(path('kept/changed.tif')).equals(readFileSync(path('other.tif')))).toBe(true);
});

test('an evaluation is counted again; a record that was changed differs by its figures', async () => {
  await services.call('predict', {
    ...{ model: path('mamba'), scene: path('scene.tif'), out: path('reference.tif') },
    ...{ window: [10, 5, 60, 50] },
  });
  const measured = await services.call('evaluate', {
    ...{ map: path('map.tif'), reference: path('reference.tif'), exclude: path('rois.geojson') },
    csv: path('confusion.csv'),
  });
  expect(measured.manifest).toBe(path('confusion.csv.json'));
  expect(await replay('confusion.csv.json')).toMatchObject({ identical: true, differences: [] });
  const text = readFileSync(path('confusion.csv.json'), 'utf8');
  const record = JSON.parse(text) as { figures: { oa: number; excludedPixels: number } };
  expect(record.figures.excludedPixels).toBeGreaterThan(0);
  const { oa } = record.figures;
  record.figures.oa = oa + 0.001;
  writeFileSync(path('better.json'), JSON.stringify(record));
  const { identical, differences } = await replay('better.json');
  expect(identical).toBe(false);
  expect(differences).toEqual([
    { kind: 'figure', name: 'oa', message: `it was ${oa + 0.001}, now ${oa}` },
  ]);
});

test('weights that were changed by one number are found, with the tensor', async () => {
  cpSync(path('mamba'), path('touched'), { recursive: true });
  const bytes = readFileSync(path('touched/weights.safetensors'));
  bytes[bytes.length - 2]! ^= 1;
  writeFileSync(path('touched/weights.safetensors'), bytes);
  const { identical, differences } = await replay('touched');
  expect(identical).toBe(false);
  expect(differences).toHaveLength(1);
  expect(differences[0]).toMatchObject({ kind: 'output', name: 'weights.safetensors' });
  expect(differences[0]!.message).toMatch(/^1 of \d+ tensors differ, most of all ".+" by /);
});

test('inputs that are gone or changed are told, and nothing is run', async () => {
  const record = JSON.parse(readFileSync(path('map.tif.json'), 'utf8')) as {
    inputs: { uri: string; sha256: string; bytes: number }[];
  };
  copyFileSync(path('map.tif'), path('gone.tif'));
  record.inputs[0]!.uri = path('nowhere.tif');
  record.inputs[1]!.sha256 = '0'.repeat(64);
  record.inputs[2]!.bytes = 1;
  writeFileSync(path('gone.tif.json'), JSON.stringify(record));
  const { identical, differences, compared } = await replay('gone.tif', { out: path('none') });
  expect([identical, compared]).toEqual([false, []]);
  expect(differences.map(({ kind, message }) => [kind, message])).toEqual([
    ['input', expect.stringMatching(/^scene: it is no longer there/)],
    ['input', expect.stringMatching(/^model card: it has other content/)],
    ['input', expect.stringMatching(/^weights: it had 1 bytes, now \d+/)],
  ]);
  expect(existsSync(path('none'))).toBe(false);
});

test.each([
  ['nothing.json', undefined, 'not-found'],
  ['noise.json', 'noise', 'unknown-format'],
  ['other.json', '{"program": {"name": "gdal", "version": "3"}}', 'unknown-format'],
  ['null.json', 'null', 'unknown-format'],
])('%s is refused', async (name, text, code) => {
  if (text !== undefined) writeFileSync(path(name), text);
  const error = await replay(name).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  expect((error as AppError).code).toBe(code);
});
