import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { openHttp } from '../../../raster/tiff/httpSource.ts';
import { staticFiles } from '../../staticFiles.ts';
import type { Attack, Target } from './attack.ts';
import { handshake, openWindow, own, ownOrigin, raw, type Window } from './servedDesk.ts';

/** What comes of calls that must all be refused by the folders and hosts that the user named. */
async function expectOutside(
  window: Window,
  calls: readonly (readonly [name: string, input: unknown])[],
): Promise<void> {
  for (const [name, input] of calls) {
    const { kind, error } = await window.call(name, input);
    const { code, message } = (error ?? {}) as { code?: string; message?: string };
    expect([name, JSON.stringify(input), kind, code]).toEqual([
      name,
      JSON.stringify(input),
      'failure',
      'not-readable',
    ]);
    expect(message).toMatch(/outside the folders|lies on this machine/);
  }
}

const recipe = (model: string): unknown => ({ model, outputs: { map: '{name}.tif' } });

/** Calls that name a file, each with one that may not be named. */
function callsOn({ root, outside }: Target, path: string): (readonly [string, unknown])[] {
  const job = (kind: string, input: unknown): readonly [string, unknown] => [
    'job.start',
    { kind, title: 'x', input },
  ];
  const inside = join(root, 'scene.tif');
  return [
    ['scene.open', { uri: path }],
    ['scene.open', { uri: `${inside},${path}` }],
    ['scene.open', { uri: `${path}#1` }],
    ['project.open', { path }],
    ['project.saveAs', { path: `${path}.gpkg`, overwrite: true }],
    ['files.list', { folder: outside }],
    ['rois.import', { path }],
    ['rois.export', { path: `${path}.geojson`, format: 'geojson', overwrite: true }],
    ['model.list', { also: [outside] }],
    ['model.card', { path }],
    ['weights.look', { file: path }],
    ['weights.import', { file: path, name: 'x' }],
    ['preflight', { scene: path }],
    ['preflight', { scene: inside, model: path }],
    ['cost.estimate', { kind: 'predict', input: { scene: path, model: inside } }],
    ['recipe.read', { path }],
    ['recipe.write', { path, recipe: recipe(inside), overwrite: true }],
    ['recipe.write', { path: inside, recipe: recipe(path), overwrite: true }],
    ['batch.scenes', { out: outside }],
    ['export.map', { map: inside, out: path, format: 'cog', overwrite: true }],
    job('predict', { scene: path, model: inside }),
    job('predict', { scene: inside, model: inside, out: path }),
    job('batch', { folder: outside, recipe: recipe(inside) }),
    job('batch', { folder: root, out: outside, recipe: recipe(inside) }),
    job('batch', { folder: root, recipe: recipe(path) }),
    job('sample', { dir: join(outside, 'sample') }),
    job('evaluate', { map: inside, reference: path }),
  ];
}

const sourceOf = (folder: string): string[] =>
  spawnSync('git', ['grep', '-lE', '.', '--', folder], {
    cwd: fileURLToPath(new URL('../../../..', import.meta.url)),
    encoding: 'utf8',
  })
    .stdout.split('\n')
    .filter((path) => /\.(ts|tsx|cjs|mjs|js)$/.test(path) && !/testing\/|\.test\./.test(path));

export const attacksOnPlaces: readonly Attack[] = [
  [
    40,
    'files outside of the folders that were named',
    async (target) => {
      const window = await openWindow(target);
      const before = readdirSync(target.outside, { recursive: true });
      const secret = join(target.outside, 'secret.tif');
      await expectOutside(window, callsOn(target, secret));
      const around = join(target.root, '..', 'outside', 'secret.tif');
      for (const uri of ['/etc/passwd', around, `${target.root}-beside/a.tif`])
        await expectOutside(window, [['scene.open', { uri }]]);
      expect(readdirSync(target.outside, { recursive: true })).toEqual(before);
      window.socket.close();
    },
  ],
  [
    41,
    'a link that leads out, and one that is put there between look and read',
    async (target) => {
      const { root, outside } = target;
      const window = await openWindow(target);
      symlinkSync(outside, join(root, 'way out'));
      symlinkSync(join(outside, 'secret.tif'), join(root, 'link.tif'));
      await expectOutside(window, [
        ['scene.open', { uri: join(root, 'link.tif') }],
        ['scene.open', { uri: join(root, 'link.tif#1') }],
        ['scene.open', { uri: join(root, 'way out', 'secret.tif') }],
        ['files.list', { folder: join(root, 'way out') }],
        ['rois.export', { path: join(root, 'way out', 'new.csv'), format: 'csv' }],
      ]);
      const { value } = await window.call('files.list', { folder: root });
      const { entries } = value as { entries: { name: string }[] };
      expect(entries.map(({ name }) => name)).toEqual(['scene.tif']);
      window.socket.close();
      // the window's own files, a thousand times while one is swapped for a link
      const folder = join(outside, 'window');
      mkdirSync(folder);
      const [page, link, kept] = ['page.html', 'link.html', 'kept.html'].map((name) =>
        join(folder, name),
      ) as [string, string, string];
      writeFileSync(page, 'page');
      const answer = staticFiles(folder);
      const bodies = new Set<string>();
      for (let i = 0; i < 1000; i++) {
        const asked = answer('/page.html');
        renameSync(page, kept);
        symlinkSync(join(outside, 'secret.tif'), link);
        renameSync(link, page);
        if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        if (i % 2 === 0) bodies.add(Buffer.from((await asked).body).toString());
        rmSync(page);
        renameSync(kept, page);
        bodies.add(Buffer.from((await asked).body).toString());
      }
      expect([...bodies].filter((body) => body !== '' && body !== 'page')).toEqual([]);
    },
  ],
  [
    42,
    'names of files that lead elsewhere',
    async ({ port }) => {
      for (const path of [
        '/../package.json',
        '/..%2fpackage.json',
        '/%2e%2e/package.json',
        '/%2e%2e%2fpackage.json',
        '/..%5cpackage.json',
        '/..\\package.json',
        '/assets/..%2f..%2fpackage.json',
        '/%252e%252e%252fpackage.json',
        '/..%c0%afpackage.json',
        '/%00index.html',
        '/index.html%00.png',
        '/C:%5cWindows%5cwin.ini',
        '/%zz',
        '/etc/passwd',
        '/.git/config',
      ]) {
        const { status, text } = await raw(port, { method: `GET ${path}` });
        expect([path, [400, 403, 404].includes(status), text]).toEqual([path, true, '']);
      }
    },
  ],
  [
    43,
    'addresses of this machine and its network (SSRF)',
    async (target) => {
      const asked: string[] = [];
      const other = createServer((request, response) => {
        asked.push(request.url!);
        response.end();
      });
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      const window = await openWindow(target);
      const hosts = [
        `127.0.0.1:${port}`,
        `localhost:${port}`,
        `[::1]:${port}`,
        `[::ffff:127.0.0.1]:${port}`,
        `0x7f000001:${port}`,
        `2130706433:${port}`,
        `0.0.0.0:${port}`,
        '169.254.169.254',
        '10.0.0.1',
        '192.168.1.1',
      ];
      await expectOutside(
        window,
        hosts.map((host) => ['scene.open', { uri: `http://${host}/latest/meta-data/a.tif` }]),
      );
      await expectOutside(window, [
        ['scene.open', { uri: 'file:///etc/passwd' }],
        ['preflight', { scene: `http://127.0.0.1:${port}/a.tif` }],
        [
          'job.start',
          {
            kind: 'predict',
            title: 'x',
            input: { scene: `http://localhost:${port}/a`, model: target.root },
          },
        ],
      ]);
      window.socket.close();
      other.close();
      expect(asked).toEqual([]);
      // a public server that sends on to one of those
      for (const location of [
        'http://169.254.169.254/a',
        `http://127.0.0.1:${port}/`,
        'file:///etc/passwd',
      ]) {
        const answer = vi.fn(
          async () => new Response(null, { status: 302, headers: { location } }),
        );
        vi.stubGlobal('fetch', answer);
        await expect(openHttp('https://198.51.100.7/a.tif')).rejects.toThrow(/redirect/);
        vi.unstubAllGlobals();
        expect(answer).toHaveBeenCalledTimes(1);
      }
    },
  ],
  [
    44,
    'an upload without measure',
    async (target) => {
      const { port, session, data } = target;
      const lines = [own, ownOrigin, `x-prismap-session: ${session}`];
      const put = (more: readonly string[], body: string): Promise<number> =>
        raw(port, {
          lines: [...lines, ...more],
          method: 'PUT /uploads/bomb.tif?group=bomb',
          body,
        }).then(({ status }) => status);
      expect(await put([`Content-Length: ${2 ** 50}`], 'x')).toBe(413);
      expect(await put(['Content-Length: -1'], 'x')).toBe(400);
      expect(await put(['Content-Length: 99999999999999999999'], 'x')).toBeGreaterThanOrEqual(400);
      expect(await put(['Transfer-Encoding: chunked'], '5\r\nxxxxx\r\n0\r\n\r\n')).toBe(411);
      expect(await put(['Content-Length: 1', 'Transfer-Encoding: chunked'], 'x')).toBe(400);
      expect((await raw(port, { lines: [own, `X: ${'x'.repeat(20_000)}`] })).status).toBe(431);
      expect(existsSync(join(data, 'uploads', 'bomb', 'bomb.tif'))).toBe(false);
    },
  ],
  [
    45,
    'a WebSocket at another path',
    async ({ port, session }) => {
      const lines = [own, ownOrigin, `x-prismap-session: ${session}`];
      for (const path of ['/', '/other', '/rpc/', '/rpc/../other', '/RPC', '/tiles/x'])
        expect([path, await handshake(port, lines, { path })]).toEqual([
          path,
          expect.stringMatching(/^HTTP\/1.1 404/) as string,
        ]);
    },
  ],
  [
    47,
    'another machine of the network',
    async ({ port }) => {
      const others = Object.values(networkInterfaces())
        .flatMap((all) => all!)
        .filter(({ internal, family }) => !internal && family === 'IPv4');
      for (const { address } of others) {
        const reached = await new Promise((resolve) => {
          const socket = connect(port, address, () => resolve(true));
          socket.on('error', () => resolve(false)).on('close', () => socket.destroy());
        });
        expect([address, reached]).toEqual([address, false]);
      }
      // and no option that would open it
      const cli = fileURLToPath(new URL('../../../cli.ts', import.meta.url));
      const words = ['--disable-warning=ExperimentalWarning', cli, 'serve', '--host', '0.0.0.0'];
      const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
      expect([status, stderr]).toEqual([2, expect.stringContaining("'--host'") as string]);
    },
  ],
  [
    48,
    'text that becomes code',
    async () => {
      const files = ['main', 'app', 'renderer'].flatMap(sourceOf);
      expect(files.length).toBeGreaterThan(300);
      const root = fileURLToPath(new URL('../../../..', import.meta.url));
      for (const path of files) {
        const text = readFileSync(join(root, path), 'utf8');
        expect([
          path,
          /\beval\(|new Function\b|setTimeout\(['"`]|from 'node:vm'/.test(text),
        ]).toEqual([path, false]);
        // programs are started with a list of words, never through a shell
        expect([
          path,
          /\bshell: (true|process)|import \{[^}]*\bexec(Sync)?\b[^}]*\} from 'node:child_process'/.test(
            text,
          ),
        ]).toEqual([path, false]);
      }
    },
  ],
];
