import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
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

/** Two strips of which the second lies past the end. */
function cutScene(): Uint8Array<ArrayBuffer> {
  const table = (tag: number, ...values: number[]) => ({ tag, type: 4, values });
  const fields = [...imageFields({ width: 512, height: 2, rowsPerStrip: 1 })];
  const places = [table(273, 8, 1e6), table(279, 512, 512)];
  const filler = { tag: 65000, type: 1, values: new Array<number>(1024).fill(7) };
  return writeTiff({ directories: [{ fields: [...fields, ...places, filler], blocks: [] }] }).bytes;
}

/** Its byte i is i / 2^16: the number of the block that is fetched for it. */
const numbered = Uint8Array.from({ length: 2 ** 24 + 2 ** 18 }, (_, i) => i >> 16);

const files = new Map<string, Uint8Array>([
  ['/cut.tif', cutScene()],
  ['/numbered', numbered],
  ['/seed.tif', seeds()[11]!.bytes],
  ['/large.tif', largeScene()],
]);
let requests: string[] = [];
let failures = 0;
let version = 1;

/** Names under which the large scene misbehaves. */
const troubled = new Set(['/flaky.tif', '/short.tif', '/long.tif', '/changing.tif', '/dated.tif']);

function answer(request: IncomingMessage, response: ServerResponse): void {
  requests.push(request.headers.range ?? 'none');
  const url = request.url!;
  const redirect = redirectOf(url);
  const bytes = files.get(troubled.has(url) ? '/large.tif' : url);
  if (redirect !== undefined) response.writeHead(302, { location: redirect }).end();
  else if (url === '/whole.tif') response.writeHead(200).end(files.get('/seed.tif'));
  else if (url === '/slow.tif') return;
  else if (url === '/flaky.tif' && failures-- > 0) response.writeHead(503).end();
  else if (bytes === undefined) response.writeHead(404).end();
  else answerRange(url, bytes, request.headers.range!, response);
}

function redirectOf(url: string): string | undefined {
  if (url.startsWith('/to/')) return decodeURIComponent(url.slice(4));
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
    ...(url === '/dated.tif'
      ? { 'last-modified': new Date(1e12 + 1000 * version).toUTCString() }
      : { etag: `"${url === '/changing.tif' ? version++ : 1}"` }),
  });
  if (url === '/long.tif' && from > 0) response.write(Uint8Array.of(1));
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
    for (const name of ['short', 'long', 'changing']) {
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

  it('notices a change by the date where there is no tag', async () => {
    const scene = await openTiff(`${origin}/dated.tif`);
    const row = (y: number) => scene.read({ window: { x: 0, y, width: 512, height: 64 } });
    await expect(row(128)).resolves.toMatchObject({ width: 512 });
    version += 60;
    await expect(row(448)).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('changed while it was being read') as string,
    });
    await scene.close();
  });

  it('stops waiting for an answer when cancelled, whatever the reason given', async () => {
    for (const reason of [undefined, 'enough']) {
      const controller = new AbortController();
      const opening = openHttp(`${origin}/slow.tif`, controller.signal);
      setTimeout(() => controller.abort(reason), 20);
      await expect(opening).rejects.toMatchObject({ code: 'cancelled' });
    }
  });

  it('fetches what it has let go again', async () => {
    const source = await openHttp(`${origin}/numbered`);
    const one = async (block: number): Promise<number> =>
      (await source.read([{ offset: block * 2 ** 16, length: 1 }]))[0]![0]!;
    expect(await one(0)).toBe(0);
    expect(source.counters().requests).toBe(1);
    // 16 MiB are kept; this is a little more.
    const [whole] = await source.read([{ offset: 0, length: numbered.length }]);
    expect(Buffer.compare(whole!, numbered)).toBe(0);
    const { requests } = source.counters();
    expect([await one(259), await one(0)]).toEqual([3, 0]);
    expect(source.counters().requests).toBe(requests + 1);
    await source.close();
  });

  it('a strip past the end of the file is damage', async () => {
    const scene = await openTiff(`${origin}/cut.tif`);
    const row = (y: number) => scene.read({ window: { x: 0, y, width: 512, height: 1 } });
    await expect(row(0)).resolves.toMatchObject({ width: 512 });
    await expect(row(1)).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('strip 1: its stated 512 bytes at 1000000 pass') as string,
    });
    await scene.close();
  });

  it('may be led to another name of the same private network', async () => {
    const named = origin.replace('127.0.0.1', 'localhost');
    const opened = openHttp(`${origin}/to/${encodeURIComponent(`${named}/seed.tif`)}`);
    await expect(opened).resolves.toMatchObject({ size: files.get('/seed.tif')!.length });
  });
});

describe('a public server', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('leads to no address of a private network, and to other public ones', async () => {
    const asked: string[] = [];
    const answers = new Map([
      ['http://8.8.8.8/in.tif', 'http://192.168.1.1/secret.tif'],
      ['http://8.8.8.8/on.tif', 'http://9.9.9.9/none.tif'],
    ]);
    vi.stubGlobal('fetch', (url: string) => {
      asked.push(url);
      const location = answers.get(url);
      const status = location === undefined ? 404 : 302;
      const headers: Record<string, string> = location === undefined ? {} : { location };
      return Promise.resolve(new Response(null, { status, headers }));
    });
    await expect(openHttp('http://8.8.8.8/in.tif')).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('a redirect into a private network') as string,
    });
    await expect(openHttp('http://8.8.8.8/on.tif')).rejects.toMatchObject({ code: 'not-found' });
    expect(asked).toEqual([
      'http://8.8.8.8/in.tif',
      'http://8.8.8.8/on.tif',
      'http://9.9.9.9/none.tif',
    ]);
  });
});
