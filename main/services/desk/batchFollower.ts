import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type BatchSceneSummary, batchSceneSummary } from '../../../app/contract/batch.ts';
import type { ListedScene } from '../../../app/contract/desk/batch.ts';
import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import { ownNames } from '../batch/outputNames.ts';
import { inDeskWords } from './batchWords.ts';

type Asked = DeskArguments<'batch.scenes'>;
type Answer = DeskOutput<'batch.scenes'>;
type Scenes = ReadonlyMap<string, BatchSceneSummary>;

/** What is needed of a batch's summary.json. */
const summary = z.object({ scenes: z.array(batchSceneSummary) });

/** A summary of 100,000 scenes takes some 60 MB; what is far above is none. */
const mostBytes = 512 * 2 ** 20;

/** What analysts look for first. */
const order = { failed: 0, running: 1, waiting: 2, done: 3 } as const;

type Followed = {
  readonly out: string;
  /** Of the summary when the batch began. */
  readonly stamp: string;
  /** Of an earlier start, until this one says otherwise. */
  readonly before: Scenes;
  readonly now: Map<string, BatchSceneSummary>;
  running: boolean;
};

/** Knows the scenes of batches: of those that run here from what they say, of others from the summary that they wrote. */
export class BatchFollower {
  readonly #followed = new Map<string, Followed>();
  /** The summary that was read last: a window asks every second. */
  #read: { readonly stamp: string; readonly scenes: Scenes } | undefined;

  /** Follows a batch that begins. */
  async begin(
    given: string,
    fresh: boolean,
  ): Promise<{ readonly tell: (scene: BatchSceneSummary) => void }> {
    const out = resolve(given);
    const before: Scenes = fresh ? new Map() : await this.#summaryOf(out);
    const followed = { out, stamp: await stampOf(out), before, now: new Map(), running: true };
    for (const [key, { running }] of this.#followed) if (!running) this.#followed.delete(key);
    this.#followed.set(out, followed);
    return { tell: (scene) => void followed.now.set(scene.scene, scene) };
  }

  /** A batch has ended: from now on its summary is what counts, unless it could not write one. */
  async end(given: string): Promise<void> {
    const out = resolve(given);
    const followed = this.#followed.get(out);
    if (followed === undefined) return;
    followed.running = false;
    if ((await stampOf(out)) !== followed.stamp) this.#followed.delete(out);
  }

  async scenes({ out: given, state, name, from, count }: Asked): Promise<Answer> {
    const out = resolve(given);
    const all = [...(await this.#scenesOf(out)).values()];
    const counts = { waiting: 0, running: 0, done: 0, failed: 0 };
    for (const scene of all) counts[scene.state] += 1;
    const part = name.trim().toLowerCase();
    const wanted = all
      .filter((one) => state === undefined || one.state === state)
      .filter((one) => part === '' || one.scene.toLowerCase().includes(part))
      .toSorted((a, b) => order[a.state] - order[b.state] || (a.scene < b.scene ? -1 : 1));
    const names = await readdir(out).catch((): string[] => []);
    return {
      counts,
      found: wanted.length,
      scenes: wanted.slice(from, from + count).map((scene) => listed(scene, out)),
      areas: areasOf(all),
      mosaics: names.filter((one) => /^mosaic(-.*)?\.vrt$/.test(one)).map((one) => join(out, one)),
      ...(names.includes(ownNames.report) ? { report: join(out, ownNames.report) } : {}),
    };
  }

  async #scenesOf(out: string): Promise<Scenes> {
    const followed = this.#followed.get(out);
    if (followed === undefined) return this.#summaryOf(out);
    const scenes = new Map([...followed.before, ...followed.now]);
    if (followed.running) return scenes;
    // it ended without a summary: what ran waits again
    for (const [key, scene] of scenes)
      if (scene.state === 'running') scenes.set(key, { ...scene, state: 'waiting' });
    return scenes;
  }

  async #summaryOf(out: string): Promise<Scenes> {
    const stamp = await stampOf(out);
    if (stamp === '') return new Map();
    if (this.#read?.stamp !== stamp) this.#read = { stamp, scenes: await readSummary(out) };
    return this.#read.scenes;
  }
}

/** Changes whenever the summary of a folder of results does; empty where there is none. */
async function stampOf(out: string): Promise<string> {
  const path = join(out, ownNames.summary);
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size <= mostBytes
    ? `${path} ${found.size} ${found.mtimeMs} ${found.ino}`
    : '';
}

/** None where the file is no summary of a batch: the folder may hold anything. */
async function readSummary(out: string): Promise<Scenes> {
  const text = await readFile(join(out, ownNames.summary), 'utf8').catch(() => '');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new Map();
  }
  const parsed = summary.safeParse(value);
  return new Map((parsed.data?.scenes ?? []).map((scene) => [scene.scene, scene]));
}

function listed(scene: BatchSceneSummary, out: string): ListedScene {
  const { error, map } = scene;
  return {
    ...scene,
    ...(error === undefined ? {} : { error: { ...error, message: inDeskWords(error.message) } }),
    ...(map === undefined || scene.state !== 'done' ? {} : { uri: join(out, map) }),
  };
}

/** Area of each class over the scenes that are done; hectares only where all maps have them. */
function areasOf(scenes: readonly BatchSceneSummary[]): Answer['areas'] {
  const sums = new Map<string, { pixels: number; hectares: number }>();
  for (const { state, areas } of scenes)
    for (const one of state === 'done' ? areas : []) {
      const { pixels, hectares } = sums.get(one.class) ?? { pixels: 0, hectares: 0 };
      sums.set(one.class, {
        pixels: pixels + one.pixels,
        hectares: hectares + (one.hectares ?? Number.NaN),
      });
    }
  return [...sums].map(([name, { pixels, hectares }]) => ({
    ...{ class: name, pixels },
    ...(Number.isNaN(hectares) ? {} : { hectares }),
  }));
}
