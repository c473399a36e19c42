import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coalesce, openHttp } from './httpSource.ts';
import { openTiff } from './openTiff.ts';
import { seeds } from './testing/seeds.ts';
import { imageFields, writeTiff } from './testing/writeTiff.ts';

/** An uncompressed scene of 2 MB in tiles of 64 × 64. */
function largeScene(): Uint8Array<ArrayBuffer> {
  const blocks = Array.from({ length: 64 }, (_, i) => new Uint8Array(64 * 64 * 8).fill(i + 1));
  const fields = imageFields({ width: 512, height: 512, bits: 64, format: 3, tile: 64 });
  return writeTiff({ directories: [{ fields, blocks, tiled: true }] }).bytes;
}

const files = new Map<string, Uint8Array>([
  ['/seed.tif', seeds()[11]!.bytes],
  ['/large.tif', largeScene()],
]);
let requests: string[] = [];
let failures = 0;
let version = 1;

/** Names under which the large scene misbehaves. */
const troubled = new Set(['/flaky.tif', '/short.tif', '/changing.tif']);

function answer(request: IncomingMessage, response: ServerResponse): void {
  requests.push(request.headers.range ?? 'none');
  const url = request.url!;
  const redirect = redirectOf(url);
  const bytes = files.get(troubled.has(url) ? '/large.tif' : url);
  if (redirect !== undefined) response.writeHead(302, { location: redirect }).end();
  else if (url === '/whole.tif') response.writeHead(200).end(files.get('/seed.tif'));
  else if (url === '/flaky.tif' && failures-- > 0) response.writeHead(503).end();
  else if (bytes === undefined) response.writeHead(404).end();
  else answerRange(url, bytes, request.headers.range!, response);
}

function redirectOf(url: string): string | undefined {
  if (url === '/elsewhere.tif') return 'file:///etc/passwd';
  const [, left, rest] = /^\/redirect\/(\d+)(.*)$/.exec(url) ?? [];
  if (left === undefined) return undefined;
  return left === '0' ? rest : `/redirect/${Number(left) - 1}${rest}`;
}

function answerRange(
  url: string,
  bytes: Uint8Array,
  range: string,
  response: ServerResponse,
): void {
  const [from, to] = /bytes=(\d+)-(\d+)/.exec(range)!.slice(1).map(Number) as [number, number];
  const part = bytes.subarray(from, Math.min(bytes.length, to + 1));
  response.writeHead(206, {
    'content-range': `bytes ${from}-${from + part.length - 1}/${bytes.length}`,
    etag: `"${url === '/changing.tif' ? version++ : 1}"`,
  });
  response.end(url === '/short.tif' && from > 0 ? part.subarray(1) : part);
}

describe('HTTP range reading', () => {
  let server: Server;
  let origin: string;

  beforeAll(async () => {
    server = createServer(answer);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('gives the same scene as the file', async () => {
    const scene = await openTiff(`${origin}/seed.tif`);
    expect(scene.description.grid).toMatchObject({ width: 37, height: 29, crs: 'EPSG:32633' });
    const block = await scene.read({ window: { x: 3, y: 4, width: 20, height: 20 } });
    expect(block.bands).toHaveLength(5);
    expect(scene.counters().requests).toBe(1);
    await scene.close();
  });

  it('fetches neighbouring tiles together and none twice', async () => {
    const scene = await openTiff(`${origin}/large.tif`);
    requests = [];
    const window = { x: 0, y: 0, width: 512, height: 64 };
    const block = await scene.read({ window });
    const byte = (x: number): number => new Uint8Array(block.bands[0]!.buffer, x * 8, 1)[0]!;
    expect([byte(0), byte(64), byte(511)]).toEqual([1, 2, 8]);
    // Eight tiles of 32 KiB in four blocks, the first of which came with the header.
    expect(requests.length).toBe(1);
    await scene.read({ window });
    expect(requests.length).toBe(1);
    await scene.close();
  });

  it('closes small gaps only', () => {
    expect(coalesce([1, 2, 4, 9, 10])).toEqual([
      { first: 1, last: 4 },
      { first: 9, last: 10 },
    ]);
  });

  it('follows a few redirects, and never to a file', async () => {
    const scene = await openTiff(`${origin}/redirect/3/seed.tif`);
    expect(scene.description.grid.width).toBe(37);
    await scene.close();
    await expect(openHttp(`${origin}/redirect/9/seed.tif`)).rejects.toMatchObject({
      code: 'network',
    });
    await expect(openHttp(`${origin}/elsewhere.tif`)).rejects.toMatchObject({ code: 'network' });
  });

  it('tries again after a failure of the server, but not for ever', async () => {
    failures = 2;
    const scene = await openTiff(`${origin}/flaky.tif`);
    await scene.close();
    failures = 9;
    await expect(openTiff(`${origin}/flaky.tif`)).rejects.toMatchObject({ code: 'network' });
  });

  it('says what is wrong', async () => {
    await expect(openTiff(`${origin}/absent.tif`)).rejects.toMatchObject({ code: 'not-found' });
    await expect(openTiff(`${origin}/whole.tif`)).rejects.toMatchObject({ code: 'network' });
    await expect(openTiff('http://127.0.0.1:1/none.tif')).rejects.toMatchObject({
      code: 'network',
    });
    const read = { window: { x: 0, y: 256, width: 512, height: 256 } };
    for (const name of ['short', 'changing']) {
      const scene = openTiff(`${origin}/${name}.tif`).then((opened) => opened.read(read));
      await expect(scene, name).rejects.toMatchObject({ code: 'network' });
    }
  });

  it('stops when cancelled', async () => {
    const scene = await openTiff(`${origin}/large.tif`);
    const window = { x: 0, y: 0, width: 512, height: 512 };
    await expect(scene.read({ window, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await scene.close();
  });
});
