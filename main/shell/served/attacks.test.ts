// The 48 attacks on the served desk, each against a running `prismap serve`, byte by byte. None may succeed. SECURITY.md names them.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Target } from './testing/attack.ts';
import { attacksByMessages } from './testing/attacksByMessages.ts';
import { attacksByPages } from './testing/attacksByPages.ts';
import { attacksOnKeys, tile } from './testing/attacksOnKeys.ts';
import { attacksOnPlaces } from './testing/attacksOnPlaces.ts';
import { openWindow, own, ownOrigin, raw, startServed } from './testing/servedDesk.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'prismap-attacks-')));
const folder = (name: string): string => join(base, name);
let target: Target;

beforeAll(async () => {
  for (const name of ['root', 'root-beside', 'outside']) mkdirSync(folder(name));
  writeFileSync(join(folder('root'), 'scene.tif'), 'inside');
  writeFileSync(join(folder('outside'), 'secret.tif'), 'secret');
  const served = await startServed(folder('data'), [
    ...['--folder', folder('root'), '--server', '127.0.0.2'],
  ]);
  target = { ...served, data: folder('data'), root: folder('root'), outside: folder('outside') };
});
afterAll(async () => {
  await target.stop();
  rmSync(base, { recursive: true });
});

const attacks = [
  ...attacksOnKeys,
  ...attacksByPages,
  ...attacksByMessages,
  ...attacksOnPlaces,
].toSorted(([a], [b]) => a - b);

test('each of the 48 stands in the list once', () => {
  expect(attacks.map(([number]) => number)).toEqual(Array.from({ length: 48 }, (_, i) => i + 1));
});

/** What the user does is answered: a refusal is one of the attack, not of everything. */
async function expectOpenToItsUser(): Promise<void> {
  const { port, session } = target;
  const lines = [own, ownOrigin, `x-prismap-session: ${session}`];
  expect((await raw(port, {})).status).toBe(200);
  // no such scene is open: it was looked for
  expect((await raw(port, { lines, method: tile })).status).toBe(404);
  const window = await openWindow(target);
  const { value } = await window.call('files.list', { folder: target.root });
  expect((value as { folder: string }).folder).toBe(target.root);
  window.socket.close();
}

test('the user is let in', expectOpenToItsUser);

test.each(attacks)('%i: %s', async (_, __, attempt) => {
  await attempt(target);
});

test('after all of them the desk serves its user as before', expectOpenToItsUser);
