// Names that try to leave a folder, and links that lead out of one (R7): nothing is written outside, and nothing is waited for that never comes.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../app/error.ts';
import { writeFileAtomic } from '../main/atomicFile.ts';
import { loadCheckpoint } from '../main/engines/checkpoint.ts';
import { loadModelFolder } from '../main/engines/modelFolder.ts';
import { writeExampleModel } from '../main/engines/testing/exampleModel.ts';
import { openScene } from '../main/raster/formats.ts';
import { checkTemplate, outputName } from '../main/services/batch/outputNames.ts';
import { readRecipe } from '../main/services/batch/readRecipe.ts';
import { prepareInput, safeName } from '../main/services/desk/jobInput.ts';
import { receiveUpload } from '../main/shell/uploads.ts';
import { ProjectFile } from '../main/store/projectFile.ts';
import { exampleEdit, format } from '../main/store/testing/exampleProject.ts';
import { readRois } from '../main/vector/readRois.ts';
import { writeRois } from '../main/vector/writeRois.ts';
import { openTensorFile } from '../main/weights/openTensorFile.ts';
import { zipFile } from '../main/weights/testing/checkpointWriter.ts';
import { seedPickle } from '../main/weights/testing/seeds.ts';
import { hostileNames } from './hostileNames.ts';
import { roiSet } from './targets/jsonSeeds.ts';

let root = '';
let inside = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'prismap-paths-'));
  inside = join(root, 'inside');
  mkdirSync(join(root, 'outside'), { recursive: true });
  mkdirSync(inside);
  writeFileSync(join(root, 'outside', 'kept'), 'kept');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const contains = (path: string): boolean => {
  const way = relative(inside, resolve(path));
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};

/** Everything that lies beside the folder. */
const besides = (): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('inside'))
    .sort();

/** @returns the error that it is refused with; undefined where it is not @throws what is no AppError */
async function refusal(work: () => unknown): Promise<AppError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof AppError && error.code !== 'internal') return error;
    throw error;
  }
}

describe(`${hostileNames.length} hostile names`, () => {
  it('are 120 or more', () => expect(hostileNames.length).toBeGreaterThanOrEqual(120));

  it.each([
    ['an upload', (name: string) => ({ name, group: 'g' })],
    ['its group', (name: string) => ({ name: 'x.tif', group: name })],
  ] as const)('as the name of %s: refused, or written inside', async (_, upload) => {
    const before = besides();
    for (const name of hostileNames) {
      const body = (): Readable => Readable.from([Buffer.from('x')]);
      await refusal(async () => {
        const signal = new AbortController().signal;
        const path = await receiveUpload(
          inside,
          { ...upload(name), bytes: 1, body: body() },
          signal,
        );
        expect(contains(path), JSON.stringify(name)).toBe(true);
      });
      expect(besides(), JSON.stringify(name)).toEqual(before);
    }
  });

  it('as the title of a job and as its output: inside', async () => {
    const before = besides();
    for (const name of hostileNames) {
      expect(safeName(name)).not.toMatch(/[\\/\0]|^\.\.?$/);
      const place = { folder: inside, title: name, taken: new Set<string>(), rois: () => roiSet };
      const prepared = async (input: Record<string, unknown>): Promise<void> => {
        const { out } = await prepareInput(
          'predict',
          { scene: 'a.tif', model: 'm', ...input },
          place,
        );
        expect(contains(String(out)), JSON.stringify(name)).toBe(true);
      };
      await refusal(() => prepared({}));
      // A full path is the analyst's own choice.
      if (!isAbsolute(name)) await refusal(() => prepared({ out: name }));
      expect(besides(), JSON.stringify(name)).toEqual(before);
    }
  });

  it('as the template of a batch: refused, or a name inside', async () => {
    for (const name of hostileNames)
      for (const template of [name, `${name}/{name}.tif`, `{name}${name}.tif`])
        await refusal(() => {
          checkTemplate('map', template);
          const path = outputName(template, { scene: 'a/b.tif', model: 'm' });
          expect(contains(join(inside, path)), JSON.stringify(template)).toBe(true);
        });
  });

  it('as the name of a scene in a batch: a name inside', () => {
    // What a folder can hold.
    const names = hostileNames.filter((name) => !/[/\0]/.test(name) && !/^\.{0,2}$/.test(name));
    for (const name of names) {
      const path = outputName('{folder}/{name}.tif', { scene: `sub/${name}`, model: 'm' });
      expect(contains(join(inside, path)), JSON.stringify(name)).toBe(true);
    }
  });

  it('as a record of an archive: nothing is unpacked', async () => {
    const before = besides();
    for (const name of hostileNames) {
      const records = [
        { name: 'x/data.pkl', data: seedPickle },
        { name, data: Buffer.from('x') },
      ];
      const path = join(inside, 'case.pth');
      writeFileSync(path, zipFile(records));
      await refusal(async () => (await openTensorFile(path)).close());
      expect(readdirSync(inside)).toEqual(['case.pth']);
      expect(besides()).toEqual(before);
    }
  });
});

const kept = (): string => readFileSync(join(root, 'outside', 'kept'), 'utf8');

describe.skipIf(process.platform === 'win32')('links and special files', () => {
  const outside = (name: string): string => join(root, 'outside', name);
  const here = (name: string): string => join(inside, name);
  const pipe = (name: string): string => {
    execFileSync('mkfifo', [here(name)]);
    return here(name);
  };

  it('a symbolic link in place of an output is replaced, not followed', async () => {
    symlinkSync(outside('kept'), here('map.tif'));
    await writeFileAtomic(here('map.tif'), 'new');
    expect([kept(), readFileSync(here('map.tif'), 'utf8')]).toEqual(['kept', 'new']);
  });

  it('nor is one that leads nowhere', async () => {
    symlinkSync(outside('absent'), here('map.tif'));
    await writeFileAtomic(here('map.tif'), 'new');
    expect(existsSync(outside('absent'))).toBe(false);
  });

  it('a hard link in place of an output is cut', async () => {
    linkSync(outside('kept'), here('map.tif'));
    await writeFileAtomic(here('map.tif'), 'new');
    expect(kept()).toBe('kept');
  });

  it('ROIs do not follow a link', async () => {
    symlinkSync(outside('kept'), here('rois.gpkg'));
    await refusal(() => writeRois(here('rois.gpkg'), roiSet));
    expect(kept()).toBe('kept');
  });

  it('a copy of a project does not follow a link', async () => {
    const project = ProjectFile.create(here('a.gpkg'), format);
    project.apply(exampleEdit);
    symlinkSync(outside('kept'), here('b.gpkg'));
    await refusal(() => project.copyTo(here('b.gpkg')));
    project.close();
    expect(kept()).toBe('kept');
  });

  it('an upload does not follow a link', async () => {
    mkdirSync(here('g'));
    symlinkSync(outside('kept'), here('g/x.tif'));
    const body = Readable.from([Buffer.from('x')]);
    const { signal } = new AbortController();
    await refusal(() =>
      receiveUpload(inside, { name: 'x.tif', group: 'g', bytes: 1, body }, signal),
    );
    expect(kept()).toBe('kept');
  });

  it('a circle of links is refused', async () => {
    symlinkSync(here('b.tif'), here('a.tif'));
    symlinkSync(here('a.tif'), here('b.tif'));
    for (const open of [openScene, openTensorFile, readRois])
      expect(await refusal(() => open(here('a.tif')))).toBeInstanceOf(AppError);
  });

  it('a checkpoint that is a link to a folder is passed over', async () => {
    symlinkSync(join(root, 'outside'), here('checkpoint-000009.safetensors'));
    expect((await refusal(() => loadCheckpoint(inside)))?.code).toBe('bad-weights');
  });

  it('weights that are an endless device are refused', async () => {
    await writeExampleModel(inside, 'forest');
    rmSync(here('weights.safetensors'));
    symlinkSync('/dev/zero', here('weights.safetensors'));
    expect((await refusal(() => loadModelFolder(inside)))?.code).toBe('not-readable');
  });

  it.each([
    ['a scene', openScene],
    ['weights', openTensorFile],
    ['ROIs', readRois],
    ['a recipe', readRecipe],
  ] as const)('a pipe that nobody writes to is refused as %s', async (_, open) => {
    expect((await refusal(() => open(pipe('case'))))?.code).toBe('not-readable');
  });
});
