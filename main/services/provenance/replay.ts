import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { api, type CallName, type Input, type Output } from '../../../app/contract/api.ts';
import { batchRecipe } from '../../../app/contract/batchRecipe.ts';
import { AppError } from '../../../app/error.ts';
import { pairSplit } from '../../../app/learn/pairSplit.ts';
import { programCode } from '../../programCode.ts';
import { programVersion } from '../../version.ts';
import type { BatchMapInput } from '../../workers/batchInput.ts';
import { hashFile } from '../../workers/hashFile.ts';
import type { CallContext } from '../callContext.ts';
import { runTask } from '../runTask.ts';
import { recordPath } from './recordPath.ts';

type Result = Output<'replay'>;
type Difference = Result['differences'][number];

/** What a record has to hold to be run again; written by `createManifest` and `startRun`. */
const record = z.looseObject({
  program: z.object({
    name: z.literal('prismap'),
    version: z.string(),
    code: z.string().optional(),
  }),
  command: z.enum(['train', 'predict', 'change', 'pretrain', 'evaluate']),
  inputs: z.array(
    z.object({
      role: z.string(),
      uri: z.string().min(1),
      bytes: z.number().optional(),
      sha256: z.string().optional(),
    }),
  ),
  settings: z.record(z.string(), z.unknown()),
  /** Of an evaluation its result. */
  figures: z.record(z.string(), z.unknown()),
  engine: z.object({
    id: z.string(),
    device: z.string(),
    versions: z.record(z.string(), z.string()),
  }),
});
type Recorded = z.infer<typeof record>;

/** Outputs that are compared byte by byte: of a model's folder those that are there. */
const modelFiles = ['weights.safetensors', 'model.json', 'signatures.json', 'curve.json'];
/** Options that name what a run writes: the run that is repeated writes nothing but what is compared. */
const written = new Set([
  'out',
  'report',
  'vector',
  'preview',
  'score',
  'probabilities',
  'probability',
  'resume',
]);

/** Runs a recorded run again, elsewhere, and compares what it gives with what lies beside the record. */
export async function replay(input: Input<'replay'>, context: CallContext): Promise<Result> {
  const started = performance.now();
  const path = await recordPath(input.manifest);
  const recorded = await readRecord(path);
  const differences = await changedInputs(recorded, context.signal);
  const result = {
    command: recorded.command,
    notes: notesOn(recorded),
    compared: [] as string[],
  };
  const seconds = (): number => (performance.now() - started) / 1000;
  // another input cannot be expected to give the same result
  if (differences.length > 0)
    return { identical: false, differences, ...result, seconds: seconds() };
  if (recorded.command === 'evaluate') {
    differences.push(...(await differingFigures(recorded, context)));
    const identical = differences.length === 0;
    return { identical, differences, ...result, compared: [path], seconds: seconds() };
  }
  const folder =
    input.out === undefined ? await mkdtemp(join(tmpdir(), 'prismap-replay-')) : resolve(input.out);
  try {
    await mkdir(folder, { recursive: true });
    const pairs = await runAgain(recorded, path, folder, context);
    for (const { before, after } of pairs) {
      const message = (await runTask('compare outputs', { before, after }, context)) as
        | string
        | undefined;
      result.compared.push(before);
      if (message !== undefined)
        differences.push({ kind: 'output', name: basename(before), message });
    }
    return { identical: differences.length === 0, differences, ...result, seconds: seconds() };
  } finally {
    if (input.out === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** @throws AppError `not-found`, `not-readable`, `unknown-format`, `newer-version`, `unsupported` */
async function readRecord(path: string): Promise<Recorded> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new AppError(
        'not-found',
        `There is no record ${path}. Name the .json file beside a map, or the folder of a model.`,
        { path },
      );
    throw new AppError(
      code === undefined ? 'unknown-format' : 'not-readable',
      `${path} could not be read as the record of a run (${(error as Error).message}). Name the .json file beside a map, or the folder of a model.`,
      { path },
    );
  }
  const parsed = record.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path: at, message } = parsed.error.issues[0]!;
  throw new AppError(
    'unknown-format',
    `${path} is no record of a run that can be repeated (${at.join('.')}: ${message}). Runs of train, predict, change, pretrain and evaluate have one.`,
    { path },
  );
}

/** Inputs that are gone or have other bytes. */
async function changedInputs(
  { inputs }: Recorded,
  signal: AbortSignal | undefined,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const { role, uri, bytes, sha256 } of inputs) {
    if (sha256 === undefined) continue;
    const found = await stat(uri).catch(() => undefined);
    const say = (message: string): void =>
      void differences.push({ kind: 'input', name: uri, message: `${role}: ${message}` });
    if (found === undefined)
      say(
        'it is no longer there. Put it back, or start this in the folder that the run was started in',
      );
    else if (found.size !== bytes) say(`it had ${bytes} bytes, now ${found.size}`);
    else if ((await hashFile(uri, signal === undefined ? {} : { signal })) !== sha256)
      say('it has other content than when the run was made');
  }
  return differences;
}

function notesOn({ program, engine, inputs }: Recorded): string[] {
  const notes: string[] = [];
  if (program.version !== programVersion())
    notes.push(`The run was made by Prismap ${program.version}, this is ${programVersion()}.`);
  else if (program.code !== undefined && program.code !== programCode())
    notes.push('The run was made by other sources of the same version.');
  if (engine.id !== 'forest' && engine.id !== 'counting')
    notes.push(`The run was computed by ${engine.id}, ${engine.device}.`);
  const remote = inputs.filter(({ uri }) => /^https?:/.test(uri));
  if (remote.length > 0)
    notes.push(`${remote.length} inputs are of the network, whose bytes are not recorded.`);
  return notes;
}

type Pair = { readonly before: string; readonly after: string };

/** Figures of an evaluation that come out otherwise. */
async function differingFigures(recorded: Recorded, context: CallContext): Promise<Difference[]> {
  const task = inputOf('evaluate', recorded.settings, recorded);
  const figures = (await runTask('evaluate', task, context)) as Record<string, unknown>;
  return Object.entries(recorded.figures)
    .filter(([name, value]) => !isDeepStrictEqual(value, asRecorded(figures[name])))
    .map(([name, value]) => ({
      kind: 'figure',
      name,
      message: `it was ${shown(value)}, now ${shown(asRecorded(figures[name]))}`,
    }));
}

const asRecorded = (value: unknown): unknown =>
  value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80);

/** Repeats the run into a folder; which files are to be the same. */
async function runAgain(
  recorded: Recorded,
  path: string,
  folder: string,
  context: CallContext,
): Promise<Pair[]> {
  const { command, settings } = recorded;
  if (command === 'train' || command === 'pretrain') {
    // the card of a model holds the name of its folder
    const out = join(folder, modelName(settings['out']));
    await runTask(command, inputOf(command, withSplit(settings), recorded, out), context);
    return await pairsOf(modelFiles, dirname(path), out);
  }
  const name = basename(path, '.json');
  const out = join(folder, name);
  if (settings['postprocess'] !== undefined)
    await runTask('batch map', processedInput(recorded, folder, out), context);
  else await runTask(command, inputOf(command, settings, recorded, out), context);
  return await pairsOf([name], dirname(path), folder);
}

/** Name of the folder that a model was written to; what a record says may be anything, as "..". */
function modelName(out: unknown): string {
  const name = typeof out === 'string' ? basename(resolve(out)) : '';
  if (name !== '') return name;
  throw new AppError(
    'unknown-format',
    'The record does not say where the model was written. Was it made by another version?',
  );
}

/** Input of a call from the settings of its record: what the call knows, written elsewhere, on the same engine. */
function inputOf(
  command: CallName,
  settings: Recorded['settings'],
  { engine }: Recorded,
  out?: string,
): unknown {
  const schema = api[command].input;
  const known = Object.keys(schema.shape).filter((key) => !written.has(key) && key in settings);
  return fitting(command, schema as z.ZodType, {
    ...engineOf(engine, 'engine' in schema.shape),
    ...Object.fromEntries(known.map((key) => [key, settings[key]])),
    ...(out === undefined ? {} : { out }),
  });
}

/** @throws AppError `unknown-format` where a record holds something else */
function fitting<Value>(command: string, schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new AppError(
    'unknown-format',
    `The record does not fit the options of ${command} (${path.join('.')}: ${message}). Was it made by another version?`,
  );
}

/** A forest needs no engine; others are run on the one that they were made on. */
const engineOf = ({ id }: Recorded['engine'], has: boolean): { readonly engine?: string } =>
  has && id !== 'forest' ? { engine: id } : {};

/** How samples were divided stands in a record in more words than the option takes. */
function withSplit(settings: Recorded['settings']): Recorded['settings'] {
  const split = z
    .looseObject({ kind: z.string(), file: z.string().optional() })
    .safeParse(settings['split']);
  if (!split.success) return settings;
  const { kind, file } = split.data;
  const named = kind === 'block' || kind === 'random' || pairSplit.test(kind);
  const option = named ? kind : (file ?? 'block');
  return { ...settings, split: option };
}

/** A map of a batch with its post-processing. */
function processedInput(
  { settings, engine }: Recorded,
  folder: string,
  out: string,
): BatchMapInput {
  const { shape } = batchRecipe.shape.settings.unwrap();
  const known = Object.keys(shape).filter((key) => key in settings);
  const {
    model,
    postprocess,
    settings: own,
  } = fitting('batch', batchRecipe, {
    model: settings['model'],
    postprocess: settings['postprocess'],
    settings: {
      ...engineOf(engine, true),
      ...Object.fromEntries(known.map((key) => [key, settings[key]])),
    },
  });
  const scene = fitting('batch', z.string(), settings['scene']);
  return {
    scene,
    model,
    postprocess,
    settings: own,
    outputs: { map: out },
    raw: join(folder, 'raw.tif'),
  };
}

/** Files of the first folder that are in it now, each with its counterpart. */
async function pairsOf(names: readonly string[], before: string, after: string): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const name of names) {
    const found = await stat(join(before, name)).catch(() => undefined);
    if (found !== undefined) pairs.push({ before: join(before, name), after: join(after, name) });
  }
  if (pairs.length > 0) return pairs;
  throw new AppError(
    'not-found',
    `Beside the record there is nothing to compare with: ${names.join(', ')} is not in ${before}.`,
    { path: before },
  );
}
