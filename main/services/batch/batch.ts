import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Input, Output } from '../../../app/contract/api.ts';
import { AppError } from '../../../app/error.ts';
import { removeStalePartsIn } from '../../atomicFile.ts';
import { openBatchQueue, type QueuedScene } from '../../store/batchQueue.ts';
import type { BatchCheck } from '../../workers/batchCheck.ts';
import { type RunTask, startComputeChild } from '../../workers/host.ts';
import type { CallContext } from '../callContext.ts';
import { type BatchPlan, claimQueue, planBatch } from './batchPlan.ts';
import type { BatchRun } from './batchRun.ts';
import { type Crew, createCrew, workTogether } from './crew.ts';
import { checkedScene, compareWithQueue, dropVanished, refuseDoubleOutputs } from './enlist.ts';
import { type FoundScene, findScenes } from './findScenes.ts';
import { type Mappers, ownMappers } from './mappers.ts';
import { ownNames } from './outputNames.ts';
import { runScenes } from './runScenes.ts';
import { asBatchScene } from './sceneRecord.ts';
import { tellScene } from './tellScene.ts';
import { watchFolder } from './watchFolder.ts';
import { writeResults } from './writeResults.ts';

/** Maps every scene of a folder by a recipe. Whatever ends it, what is done stays done, and the next start goes on. */
export async function batch(input: Input<'batch'>, context: CallContext): Promise<Output<'batch'>> {
  const started = performance.now();
  const plan = await planBatch(input);
  const queue = openBatchQueue(join(plan.out, ownNames.state, 'queue.sqlite'));
  const { threads } = plan.recipe.settings;
  const crew = createCrew(context.startProcess ?? startComputeChild, { ...input, threads });
  const signal = context.signal ?? new AbortController().signal;
  let mappers: Mappers | undefined;
  try {
    const anew = claimQueue(queue, plan);
    // raw maps of another recipe are none of this one
    if (anew) await forgetRaws(plan);
    mappers = await mappersOf(plan, crew, anew, context);
    return await runBatch({
      ...{ plan, queue, crew, mappers, started, skipped: 0, tally: { done: 0 }, warnings: [] },
      context: { ...context, signal },
    });
  } finally {
    crew.close();
    await mappers?.close();
    queue.close();
  }
}

async function mappersOf(
  plan: BatchPlan,
  crew: Crew,
  anew: boolean,
  { onEvent }: CallContext,
): Promise<Mappers> {
  const { queue, check } = plan.input;
  if (queue === undefined || check) return ownMappers(plan, crew);
  // loaded only where it is wanted: every command would wait for it
  const { workerMappers } = await import('./queue/workerMappers.ts');
  return workerMappers(plan, queue, anew, (message) => onEvent?.({ kind: 'note', message }));
}

async function runBatch(run: BatchRun): Promise<Output<'batch'>> {
  const { plan, queue } = run;
  const { input } = plan;
  const found = await listScenes(run);
  if (found.length === 0 && !input.watch) throw nothingFound(plan);
  dropVanished(queue, found);
  try {
    // with --watch a file may still be on its way: the watch takes them all
    if (!input.watch) await enlistAndMap(run, found);
    else
      await watchFolder(run, {
        list: () => listScenes(run),
        take: (some) => enlistAndMap(run, some),
      });
  } catch (error) {
    // why the batch ended counts, not that its summary met the same full disk
    await writeResults(run).catch(() => undefined);
    throw asStopped(run, error);
  }
  if (queue.counts().queued === 0) await forgetRaws(plan);
  await forgetParts(run);
  return await writeResults(run);
}

const forgetRaws = ({ out }: BatchPlan): Promise<void> =>
  rm(join(out, ownNames.state, 'raw'), { recursive: true, force: true });

/** A process of a killed start may have outlived the look at what that start left. */
async function forgetParts({ plan, queue }: BatchRun): Promise<void> {
  const maps = Array.from(queue.rows(), (row) => asBatchScene(row).record.outputs?.map);
  const folders = maps.map((map) => (map === undefined ? plan.out : dirname(join(plan.out, map))));
  for (const folder of new Set(folders)) await removeStalePartsIn(folder);
}

const listScenes = ({ plan, warnings, context }: BatchRun): Promise<FoundScene[]> =>
  findScenes(plan.folder, { ...plan.input, out: plan.out }, (message) => {
    if (warnings.includes(message)) return;
    warnings.push(message);
    context.onEvent?.({ kind: 'warning', message });
  });

/** Takes scenes into the queue, each after a look at it, and maps what waits. */
async function enlistAndMap(run: BatchRun, found: readonly FoundScene[]): Promise<void> {
  const { plan, queue, context } = run;
  const { unchecked, finished } = await compareWithQueue(found, queue, plan, context.signal);
  run.skipped += finished;
  await checkScenes(run, unchecked);
  refuseDoubleOutputs(queue);
  for (const row of queue.rows()) tellScene(row, context);
  if (!plan.input.check) await runScenes(plan, run, context);
}

/** Checks are put into the queue so many at a time: a start that is cut short need not repeat them all. */
const checksAtATime = 50;

async function checkScenes(
  { plan, queue, crew, context }: BatchRun,
  found: readonly FoundScene[],
): Promise<void> {
  const waiting = found.values();
  let checked: QueuedScene[] = [];
  let done = 0;
  const keep = (): void => {
    queue.put(checked);
    checked = [];
  };
  await workTogether(
    crew.members,
    () => waiting.next().value,
    async (scene, process, signal) => {
      const check = await lookAt(scene, plan, (request) => process.run({ ...request, signal }));
      const row = checkedScene(scene, check, plan);
      checked.push(row);
      tellScene(row, context);
      if (checked.length >= checksAtATime) keep();
      done += 1;
      context.onEvent?.({
        ...{ kind: 'progress', stage: 'checking scenes', detail: scene.scene },
        ...{ done, total: found.length },
      });
      const { problem } = check;
      if (problem !== undefined)
        context.onEvent?.({
          kind: 'warning',
          message: `${scene.scene} cannot be mapped (${problem.code}): ${problem.message}`,
        });
    },
    context.signal,
  ).finally(keep);
}

/** What a look at a scene finds; one that ends the process is tried again, as mapping is. */
async function lookAt(
  scene: FoundScene,
  { recipe, input: { retries } }: BatchPlan,
  run: RunTask,
): Promise<BatchCheck> {
  const input = { scene: scene.path, model: recipe.model, force: recipe.settings.force };
  for (let tried = 0; ; tried++)
    try {
      return (await run({ task: 'batch check', input })) as BatchCheck;
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
      if (error.code !== 'worker-died' || tried >= retries) return notSeen(error);
    }
}

/** Of a scene that ends the process that looks at it. */
function notSeen(error: AppError): BatchCheck {
  return {
    ...{ pixels: 0, notes: [] },
    problem: {
      code: error.code,
      message: `Looking at the scene ended the process that did it: the file may be damaged. ${error.message}`,
      details: {},
    },
  };
}

function nothingFound({ folder, input }: BatchPlan): AppError {
  const asked = input.pattern.length > 0 ? ` that match ${input.pattern.join(' or ')}` : '';
  return new AppError(
    'not-found',
    `${folder} holds no scenes${asked}. ${asked === '' ? 'Scenes are GeoTIFF, JPEG 2000, ENVI and MAT files and SAFE products; name others by --pattern.' : 'A pattern without "/" is about names, another about paths from that folder, as "2024/**/*.tif".'}`,
    { path: folder },
  );
}

/** What ended a batch before its time, with how far it is. */
function asStopped({ queue, context }: BatchRun, error: unknown): unknown {
  if (!context.signal.aborted) return error;
  const { queued, running, done, failed } = queue.counts();
  const total = queued + running + done + failed;
  return new AppError(
    'cancelled',
    `The batch was stopped: ${done} of ${total} scenes are done. Start it again with the same words to go on.`,
    { done, failed, waiting: queued + running },
  );
}
