import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runInChild } from '../../workers/host.ts';
import { writeRois, writeScene } from '../batch/testing/batchScenes.ts';
import { createServices } from '../createServices.ts';
import { preAuthentication } from './envelope.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-sign-test-'));
const path = (name: string): string => join(folder, name);
const services = createServices({ runTask: runInChild });
const verify = (manifest: string, key = 'me.pub') =>
  services.call('verify', { manifest: path(manifest), key: path(key) });
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A signed copy of all results, to be changed. */
let copies = 0;
const copy = (): string => {
  const name = `copy${copies++}`;
  cpSync(path('results'), path(name), { recursive: true });
  return name;
};

beforeAll(async () => {
  await writeScene(path('scene.tif'), { seed: 1 });
  writeRois(path('rois.geojson'));
  const model = path('results/forest');
  const training = { scene: [path('scene.tif')], rois: path('rois.geojson'), split: 'random' };
  await services.call('train', { ...training, model: 'forest', out: model });
  const out = path('results/map.tif');
  const vector = path('results/map.gpkg');
  await services.call('predict', { model, scene: path('scene.tif'), out, vector });
  for (const name of ['me', 'other']) await services.call('key create', { file: path(name) });
  const signed = await services.call('sign', { manifest: path('results'), key: path('me') });
  expect(signed.signatures).toEqual([
    path('results/forest/manifest.json.dsse'),
    path('results/map.tif.json.dsse'),
  ]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what was signed is genuine, by itself, in a folder, and where it was moved', async () => {
  const name = copy();
  const { verified, fingerprint } = await verify(name);
  expect(verified.map(({ outputs }) => outputs)).toEqual([
    ['weights.safetensors', 'curve.json', 'model.json', 'signatures.json'],
    ['map.tif', 'map.gpkg'],
  ]);
  expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect((await verify(`${name}/map.tif`)).verified).toHaveLength(1);
  expect((await verify(`${name}/forest`)).verified).toHaveLength(1);
});

test.each([
  ['map.tif', 'map.tif has other content'],
  ['map.gpkg', 'map.gpkg has other content'],
  ['map.tif.json', 'map.tif.json has other content'],
])('a byte of %s that was changed is found', async (file, words) => {
  const name = copy();
  const bytes = readFileSync(path(`${name}/${file}`));
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path(`${name}/${file}`), bytes);
  await expect(verify(`${name}/map.tif`)).rejects.toMatchObject({
    code: 'bad-signature',
    message: expect.stringContaining(words) as string,
  });
});

test('a file that is gone, another key, another record’s signature are found', async () => {
  const name = copy();
  rmSync(path(`${name}/map.gpkg`));
  await expect(verify(`${name}/map.tif`)).rejects.toMatchObject({
    message: expect.stringContaining('map.gpkg is gone') as string,
  });
  await expect(verify('results/map.tif', 'other.pub')).rejects.toMatchObject({
    code: 'bad-signature',
    message: expect.stringContaining('was signed with another key') as string,
  });
  const swapped = copy();
  copyFileSync(path('results/forest/manifest.json.dsse'), path(`${swapped}/map.tif.json.dsse`));
  await expect(verify(`${swapped}/map.tif`)).rejects.toMatchObject({ code: 'bad-signature' });
});

test('no byte of a signature can be changed', async () => {
  const name = copy();
  const file = path(`${name}/map.tif.json.dsse`);
  const whole = JSON.parse(readFileSync(file, 'utf8')) as {
    payload: string;
    signatures: { sig: string; keyid: string }[];
  };
  const changed = (text: string): string => {
    const bytes = Buffer.from(text, 'base64');
    bytes[7]! ^= 4;
    return bytes.toString('base64');
  };
  const [{ sig, keyid }] = whole.signatures as [{ sig: string; keyid: string }];
  for (const forged of [
    { ...whole, payload: changed(whole.payload) },
    { ...whole, signatures: [{ keyid, sig: changed(sig) }] },
    { ...whole, signatures: [] },
    { ...whole, payloadType: 'application/json' },
    'nothing',
  ]) {
    writeFileSync(file, JSON.stringify(forged));
    await expect(verify(`${name}/map.tif`)).rejects.toMatchObject({ code: 'bad-signature' });
  }
});

test('what was changed since its run is not signed', async () => {
  const name = copy();
  writeFileSync(path(`${name}/map.gpkg`), 'other');
  await expect(
    services.call('sign', { manifest: path(`${name}/map.tif`), key: path('me') }),
  ).rejects.toMatchObject({
    code: 'conflict',
    details: { changed: ['map.gpkg has other content'] },
  });
});

describe('keys', () => {
  test('a private key is its owner’s alone and is never replaced', async () => {
    if (process.platform !== 'win32') expect(statSync(path('me')).mode & 0o777).toBe(0o600);
    await expect(services.call('key create', { file: path('me') })).rejects.toMatchObject({
      code: 'not-writable',
    });
  });

  test('a key for checking is no key for signing, nor the other way round', async () => {
    await expect(verify('results/map.tif', 'me')).rejects.toMatchObject({ code: 'unknown-format' });
    await expect(
      services.call('sign', { manifest: path('results/map.tif'), key: path('me.pub') }),
    ).rejects.toMatchObject({ code: 'unknown-format' });
  });
});

test('the bytes that are signed are those of the DSSE protocol', () => {
  // protocol.md, "Test Vectors"
  const signed = preAuthentication('http://example.com/HelloWorld', Buffer.from('hello world'));
  expect(signed.toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

test.skipIf(!hasOpenssl)('OpenSSL says the same of a signature (skipped without openssl)', () => {
  const { payload, payloadType, signatures } = JSON.parse(
    readFileSync(path('results/map.tif.json.dsse'), 'utf8'),
  ) as { payload: string; payloadType: string; signatures: { sig: string }[] };
  const body = Buffer.from(payload, 'base64');
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${body.byteLength} `;
  writeFileSync(path('signed.bin'), Buffer.concat([Buffer.from(head), body]));
  writeFileSync(path('sig.bin'), Buffer.from(signatures[0]!.sig, 'base64'));
  const words = ['-verify', '-pubin', '-inkey', path('me.pub'), '-rawin'];
  const files = ['-in', path('signed.bin'), '-sigfile', path('sig.bin')];
  expect(execFileSync('openssl', ['pkeyutl', ...words, ...files], { encoding: 'utf8' })).toContain(
    'Verified Successfully',
  );
});
