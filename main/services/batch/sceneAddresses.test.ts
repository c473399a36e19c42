import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Output } from '../../../app/contract/api.ts';
import { AppError } from '../../../app/error.ts';
import { QueueWorld } from './queue/testing/queueWorld.ts';
import { noRedis, RedisServer } from './queue/testing/redisServer.ts';
import { publicAddress, readAddresses } from './sceneAddresses.ts';
import { type SceneServer, serveScenes } from './testing/sceneServer.ts';

const world = new QueueWorld();
let server: SceneServer;
beforeAll(async () => {
  await world.make(3);
  server = await serveScenes(world.path('scenes'));
});
afterAll(() => {
  server.close();
  world.end();
});

const list = (name: string, ...lines: readonly string[]): string => {
  writeFileSync(world.path(name), lines.join('\r\n'));
  return world.path(name);
};
const refusal = async (path: string): Promise<AppError> => {
  const error = await readAddresses(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
};

test('a list of addresses: names as of folders, without what follows "?"', async () => {
  const path = list(
    'names.txt',
    ...['# comment', '', 'https://Example.org:8443/a%20b/..%2fc:d.tif?token=secret#x'],
    ...[' s3://bucket/2024/x y.tif ', 'http://h/z.tif', 'http://h/z.tif'],
  );
  expect(await readAddresses(path)).toMatchObject([
    {
      scene: 'bucket.s3.amazonaws.com/2024/x y.tif',
      address: 'https://bucket.s3.amazonaws.com/2024/x%20y.tif',
    },
    {
      scene: 'example.org_8443/a b/.._c_d.tif',
      address: 'https://example.org:8443/a%20b/..%2fc:d.tif?token=secret',
    },
    { scene: 'h/z.tif', address: 'http://h/z.tif' },
  ]);
  expect(publicAddress('s3://b/k', { AWS_REGION: 'eu-north-1' })).toBe(
    'https://b.s3.eu-north-1.amazonaws.com/k',
  );
  expect(publicAddress('s3://b/k/l', { AWS_ENDPOINT_URL: 'http://127.0.0.1:9000/' })).toBe(
    'http://127.0.0.1:9000/b/k/l',
  );
  for (const line of ['scene.tif', 'ftp://h/x', 'https://u:pw@h/x.tif', 's3://b', 'http://h/']) {
    const { code, message } = await refusal(list('bad.txt', 'http://h/a.tif', line));
    expect([code, message.startsWith('Line 2 of')], line).toEqual(['usage', true]);
    expect(message).not.toContain('pw');
  }
  const { message } = await refusal(list('twice.txt', 'http://h/a.tif?1', 'http://h/a.tif?2'));
  expect(message).toMatch(/^Lines 1 and 2/);
});

test.skipIf(noRedis !== undefined)(
  `scenes on a server: alone and by workers the same, as from the folder ${noRedis ?? ''}`,
  async () => {
    const folder = await world.batch('folder', undefined).result<Output<'batch'>>();
    const path = list(
      'scenes.txt',
      ...[`${server.origin}/s0.tif?token=secret`, `${server.origin}/odd/s1.tif`],
    );
    const words = ['batch', path, '--recipe', world.recipe, '--json', '--out'];
    const alone = world.program(...words, world.path('alone'));
    expect(await alone.result()).toMatchObject({ done: 2, failed: [] });
    const redis = await RedisServer.start();
    const worker = world.worker(redis.address());
    const shared = world.program(...words, world.path('shared'), '--queue', redis.address());
    expect(await shared.result()).toMatchObject({ done: 2, failed: [] });
    expect(world.hashes('shared')).toEqual(world.hashes('alone'));
    worker.kill('SIGINT');
    expect(await worker.result()).toMatchObject({ done: 2 });
    await redis.stop();
    // the areas are those of the same files in a folder
    const areas = (out: string): string[] =>
      readFileSync(world.path(`${out}/summary.csv`), 'utf8')
        .split('\r\n')
        .slice(1, 3)
        .map((line) => line.split(',').slice(6).join())
        .toSorted();
    expect(folder.done).toBe(3);
    const own = readFileSync(world.path('folder/summary.csv'), 'utf8');
    for (const area of areas('alone')) expect(own).toContain(area);
    // nowhere stands what follows "?"
    for (const name of readdirSync(world.path('alone'), { recursive: true, encoding: 'utf8' }))
      if (/\.(tif|json|html|csv|vrt)$/.test(name) && !name.startsWith('.batch'))
        expect(readFileSync(world.path(`alone/${name}`), 'latin1'), name).not.toContain('secret');
    // a scene that changes on its server is mapped anew
    utimesSync(world.path('scenes/odd/s1.tif'), 1, 1e9);
    const again = world.program(...words, world.path('alone'));
    expect(await again.result()).toMatchObject({ done: 1, skipped: 1 });
  },
);
