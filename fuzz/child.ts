// `node child.ts TARGET SEED FOLDER`: reads hostile cases, batch by batch, as it is told by messages. What it does not survive its
// parent sees: the number of the case that it is at lies in a file.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../app/error.ts';
import { createRandom } from '../app/random.ts';
import {
  type BadCase,
  type Batch,
  type BatchAnswer,
  limits,
  ownFault,
  places,
  type Ready,
} from './messages.ts';
import { minimise } from './minimise.ts';
import type { Attacked, Facts, FindKind, HostileCase } from './target.ts';
import { targetOf } from './targets.ts';

const [name, seedText, folder] = process.argv.slice(2) as [string, string, string];
const seed = Number(seedText);
const target = targetOf(name);
const cases = join(folder, places.cases);
const canary = join(folder, places.canary);
const progress = openSync(join(folder, places.progress), 'w');
const position = Buffer.alloc(8);

class Bad extends Error {
  readonly kind: FindKind;
  constructor(kind: FindKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Objects that every other one inherits from: nothing that is read may change them. */
const shared: readonly object[] = [Object, Array, Function, String].map(
  ({ prototype }) => prototype as object,
);
const sharedKeys = (): number =>
  shared.reduce((sum, object) => sum + Reflect.ownKeys(object).length, 0);

let rejected: unknown[] = [];

mkdirSync(join(folder, places.own));
mkdirSync(cases);
const attacked = await target.open(join(folder, places.own));
for (const whole of attacked.wellFormed) await readWhole(attacked, whole);
process.on('unhandledRejection', (reason) => rejected.push(reason));
process.on('uncaughtException', (error) => rejected.push(error));
const keysBefore = sharedKeys();
const startBytes = process.resourceUsage().maxRSS * 1024;
process.on('message', (batch: Batch) => {
  run(batch).then(
    (answer) => process.send!(answer),
    (error: unknown) => {
      // A fault of this program, not of what it reads.
      console.error(error);
      process.exit(ownFault);
    },
  );
});
process.on('disconnect', () => {
  closeSync(progress);
  process.exit(0);
});
process.send!({ ready: true, dataBytes: dataBytes() } satisfies Ready);

/** Bytes of the data segment, which `prlimit --data` counts. */
function dataBytes(): number {
  const status = '/proc/self/status';
  const held = existsSync(status) ? /VmData:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] : '0';
  return Number(held) * 1024;
}

async function readWhole(reader: Attacked, whole: HostileCase): Promise<void> {
  const place = join(cases, 'whole');
  put(place, whole.files);
  try {
    await reader.read(place, whole.files);
  } catch (error) {
    throw new Error(`${name}: the undamaged ${whole.seed} is not read`, { cause: error });
  }
  rmSync(place, { recursive: true, force: true });
}

function put(place: string, files: HostileCase['files']): void {
  mkdirSync(place);
  if (target.inMemory === true) return;
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(place, file), bytes);
}

async function run({ first, count, keep }: Batch): Promise<BatchAnswer> {
  const refused: Record<string, number> = {};
  const bad: BadCase[] = [];
  const kept: { index: number; made: string; facts: Facts }[] = [];
  let slowest = { index: -1, milliseconds: 0 };
  let read = 0;
  const began = process.cpuUsage();
  for (let index = first; index < first + count; index++) {
    position.writeDoubleLE(index);
    writeSync(progress, position, 0, 8, 0);
    const hostile = attacked.make(createRandom(seed, name, index), index);
    const place = join(cases, String(index));
    put(place, hostile.files);
    const before = process.cpuUsage();
    const result = await outcome(place, hostile.files);
    const milliseconds = cpuMilliseconds(before);
    if (milliseconds > slowest.milliseconds) slowest = { index, milliseconds };
    const trouble = troubleOf(result, milliseconds);
    if (trouble !== undefined) {
      const smallest = await smallestOf(hostile.files, trouble, place);
      bad.push({ index, made: hostile.seed, ...trouble, smallest });
    } else if (result instanceof AppError) refused[result.code] = (refused[result.code] ?? 0) + 1;
    else read++;
    if (keep && trouble === undefined && result !== undefined && !(result instanceof Error))
      kept.push({ index, made: hostile.seed, facts: result });
    else rmSync(place, { recursive: true, force: true });
  }
  const peakBytes = process.resourceUsage().maxRSS * 1024 - startBytes;
  return { read, refused, bad, kept, slowest, milliseconds: cpuMilliseconds(began), peakBytes };
}

function cpuMilliseconds(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Each takes two seconds. */
const mostMinimised = 5;
let minimised = 0;

/** The first untyped errors are made smaller; other finds cannot be, or would take too long. */
async function smallestOf(
  files: HostileCase['files'],
  { kind, message }: Trouble,
  place: string,
): Promise<HostileCase['files'] | undefined> {
  if (kind !== 'untyped error' || minimised++ >= mostMinimised) return undefined;
  const sound = attacked.wellFormed.map((whole) => whole.files);
  return minimise(files, sound, async (candidate) => {
    rmSync(place, { recursive: true, force: true });
    put(place, candidate);
    const trouble = troubleOf(await outcome(place, candidate), 0);
    return trouble?.message === message;
  });
}

/** What reading gives, or the error that it throws. */
async function outcome(place: string, files: HostileCase['files']): Promise<Facts | Error | void> {
  try {
    const facts = await attacked.read(place, files);
    checkFolder(place, files);
    return facts;
  } catch (error) {
    return error instanceof Error ? error : new Error(`thrown: ${String(error)}`);
  }
}

/** A reader leaves no files. */
function checkFolder(place: string, files: HostileCase['files']): void {
  if (target.writes === true || target.inMemory === true) return;
  const left = readdirSync(place).filter((file) => !Object.hasOwn(files, file));
  if (left.length > 0) throw new Bad('file outside', `it left ${left.join(', ')}`);
}

type Trouble = Pick<BadCase, 'kind' | 'message'>;

function troubleOf(result: Facts | Error | void, milliseconds: number): Trouble | undefined {
  const reasons = rejected;
  rejected = [];
  if (existsSync(canary)) return { kind: 'code ran', message: 'the canary was written' };
  if (sharedKeys() !== keysBefore)
    return { kind: 'code ran', message: 'a prototype that all objects share was changed' };
  if (reasons.length > 0) return { kind: 'unhandled rejection', message: textOf(reasons[0]) };
  if (milliseconds > limits.cpuSeconds * 1000)
    return { kind: 'hang', message: `it took ${Math.round(milliseconds)} ms of CPU time` };
  if (process.resourceUsage().maxRSS * 1024 - startBytes > limits.bytes)
    return { kind: 'memory', message: 'the process grew over its limit' };
  if (result instanceof Bad) return { kind: result.kind, message: result.message };
  return result instanceof Error ? troubleOfError(result) : undefined;
}

function troubleOfError(error: Error): Trouble | undefined {
  if (/allocation failed|out of memory/i.test(error.message))
    return { kind: 'memory', message: textOf(error) };
  const known = error instanceof AppError && error.code !== 'internal';
  return known ? undefined : { kind: 'untyped error', message: textOf(error) };
}

/** Message and the first places of the stack. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? '';
  const lines = stack
    .split('\n')
    .filter((line) => /^\s+at .*\/(main|app|node_modules)\//.test(line));
  const where = lines
    .slice(0, 3)
    .map((line) => line.trim().replace(/file:.*\/(?=main|app|node_modules)/, ''));
  return [`${error.name}: ${error.message.slice(0, 300)}`, ...where].join('\n    ');
}
