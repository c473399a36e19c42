import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { api } from '../../../app/contract/api.ts';
import type { JobKind } from '../../../app/contract/desk/jobs.ts';
import { AppError, phraseError } from '../../../app/error.ts';
import { phrase } from '../../../app/phrase.ts';
import { type RoiSet, roisOfScenes } from '../../../app/vector/roi.ts';
import { writeRois } from '../../vector/writeRois.ts';
import type { Confine } from './confine.ts';
import { recipeAsFile } from './recipeInput.ts';

/** Fields of an input that name files to be written; the first decides where the others of the job go. */
const outputs: Readonly<Record<JobKind, readonly string[]>> = {
  train: ['out'],
  pretrain: ['out'],
  predict: ['out', 'probabilities', 'score', 'vector', 'preview'],
  change: ['out', 'probability', 'vector', 'report'],
  batch: ['out'],
  evaluate: ['report', 'csv'],
  sample: ['dir'],
};

/** Fields that may ask for ROIs of the open project: `"project"` for all, `{ rois: [id, …] }` for some. */
const areas: Readonly<Record<JobKind, readonly string[]>> = {
  train: ['rois'],
  pretrain: [],
  predict: ['within'],
  change: ['within'],
  batch: [],
  evaluate: ['reference', 'exclude'],
  sample: [],
};

export type JobPlace = {
  /** Folder of the project's maps and models. */
  readonly folder: string;
  readonly title: string;
  /** Outputs of jobs that have not written them yet. */
  readonly taken: ReadonlySet<string>;
  readonly rois: () => RoiSet;
  readonly confine?: Confine | undefined;
};

type JobInput = Record<string, unknown>;

/**
 * What the command line would have been given: outputs in the project folder where they have no folder, ROIs of the
 * project in a file beside the first output, so that the run's manifest names exactly what it used.
 * @throws AppError `usage` where the input is not one of the call; `no-samples`, `not-writable`, `disk-full`
 */
export async function prepareInput(
  kind: JobKind,
  given: JobInput,
  place: JobPlace,
): Promise<JobInput> {
  const input = withOutputs(kind, given, place);
  const first = outputs[kind].map((field) => input[field]).find((path) => typeof path === 'string');
  // the results of a batch may lie among its scenes, where its recipe has no place
  const beside =
    typeof first === 'string' && kind !== 'batch'
      ? first
      : join(place.folder, safeName(place.title));
  const files = new Map<string, RoiSet>();
  for (const field of areas[kind]) {
    const wanted = wantedRois(input[field]);
    if (wanted === undefined) continue;
    const path = `${beside.replace(/\.[^./\\]+$/, '')}-${field}.gpkg`;
    const set = roisNamed(place.rois(), wanted, await scenesOf(input));
    // Nothing to leave out is no reason not to begin.
    if (field === 'exclude' && set.rois.length === 0) {
      delete input[field];
      continue;
    }
    if (set.rois.length === 0) throw noRois(wanted);
    files.set(path, set);
    input[field] = path;
  }
  const writeRecipe = await recipeAsFile(kind, input, { beside, confine: place.confine });
  const checked = api[kind].input.safeParse(input);
  if (!checked.success)
    throw new AppError(
      'usage',
      checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    );
  await place.confine?.(api[kind].input, checked.data);
  for (const field of outputs[kind])
    if (typeof input[field] === 'string') await makeFolder(dirname(input[field]));
  if (writeRecipe !== undefined) await makeFolder(dirname(beside));
  for (const [path, set] of files) {
    await makeFolder(dirname(path));
    await writeRois(path, set);
  }
  await writeRecipe?.();
  return checked.data;
}

function wantedRois(value: unknown): 'all' | ReadonlySet<string> | undefined {
  if (value === 'project') return 'all';
  const some = someRois.safeParse(value);
  return some.success ? new Set(some.data.rois) : undefined;
}

const someRois = z.strictObject({ rois: z.array(z.string()) });

/** The scenes of a job, or those that its map was made from; none where that is not known. */
async function scenesOf({ scene, before, after, map }: JobInput): Promise<readonly string[]> {
  const own = [scene, before, after].flat().filter((uri) => typeof uri === 'string');
  if (own.length > 0 || typeof map !== 'string') return own;
  // A map from elsewhere has no record beside it, or one of another program.
  const text = await readFile(`${map}.json`, 'utf8').catch(() => '{}');
  const record = mapRecord.safeParse(parsed(text));
  if (!record.success) return [];
  return record.data.inputs.filter(({ role }) => role === 'scene').map(({ uri }) => uri);
}

/** What is needed of the record of a map; main/workers/manifest.ts. */
const mapRecord = z.object({ inputs: z.array(z.object({ role: z.string(), uri: z.string() })) });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function roisNamed(
  set: RoiSet,
  wanted: 'all' | ReadonlySet<string>,
  scenes: readonly string[],
): RoiSet {
  const all = scenes.length === 0 ? set : roisOfScenes(set, scenes);
  const rois = wanted === 'all' ? all.rois : set.rois.filter(({ id }) => wanted.has(id));
  return { ...set, rois };
}

const noRois = (wanted: 'all' | ReadonlySet<string>): AppError =>
  phraseError('no-samples', [
    wanted === 'all'
      ? phrase('The project has no ROIs yet. Draw areas of two classes or more, then start again.')
      : phrase('The ROIs chosen are not in the project any more. Choose others.'),
  ]);

function withOutputs(kind: JobKind, given: JobInput, place: JobPlace): JobInput {
  const input = { ...given };
  const [main, ...others] = outputs[kind];
  // a second start of a batch goes on in the folder of the first
  if (kind === 'batch') input[main!] ??= join(String(input['folder']), 'prismap-maps');
  // an evaluation writes nothing unless it is asked to
  else if (kind !== 'evaluate') input[main!] ??= freeName(kind, place);
  for (const field of [main!, ...others]) {
    const path = input[field];
    if (typeof path === 'string' && path !== '' && !isAbsolute(path))
      input[field] = join(place.folder, safeName(path));
  }
  return input;
}

/** `Title.tif`, `Title 2.tif` …: the first that nothing has. */
function freeName(kind: JobKind, { folder, title, taken }: JobPlace): string {
  const extension = kind === 'predict' || kind === 'change' ? '.tif' : '';
  const name = safeName(title);
  for (let number = 1; ; number++) {
    const path = join(folder, `${name}${number === 1 ? '' : ` ${number}`}${extension}`);
    if (!existsSync(path) && !taken.has(path)) return path;
  }
}

/** A file name that every system takes; never a path. */
export function safeName(text: string): string {
  const name = text
    .normalize('NFC')
    .replace(/[\p{C}<>:"/\\|?*]+/gu, '-')
    .replace(/^[\s.-]+|[\s.]+$/g, '')
    .slice(0, 80)
    .trimEnd();
  if (name === '') return 'untitled';
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name) ? `_${name}` : name;
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw phraseError(
      'not-writable',
      [
        phrase('The folder {path} could not be made ({reason}). Choose another place.', {
          path,
          reason: (error as Error).message,
        }),
      ],
      { path },
    );
  });
}

/** Fields of an input that name what is there already; ROIs of the project are none. */
export const givenOf = (kind: JobKind, input: JobInput): JobInput =>
  Object.fromEntries(
    Object.entries(input).filter(
      ([field, value]) => value !== 'project' && !outputs[kind].includes(field),
    ),
  );

/** Files that a job names as its outputs. */
export function outputsOf(kind: JobKind, input: JobInput): string[] {
  return outputs[kind].map((field) => input[field]).filter((path) => typeof path === 'string');
}
