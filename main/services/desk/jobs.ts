import { join, resolve } from 'node:path';
import type { Input, Output } from '../../../app/contract/api.ts';
import type { batchCalls } from '../../../app/contract/desk/batch.ts';
import type { JobKind, JobRecord, jobCalls } from '../../../app/contract/desk/jobs.ts';
import type { modelCalls } from '../../../app/contract/desk/models.ts';
import type { DeskHandlers, DeskOutput } from '../../../app/contract/deskApi.ts';
import type { RoiSet } from '../../../app/vector/roi.ts';
import { readAnyCard } from '../../engines/anyModelCard.ts';
import { ownNames } from '../batch/outputNames.ts';
import { createServices } from '../createServices.ts';
import { createBatchHandlers, followBatch } from './batch.ts';
import { BatchFollower } from './batchFollower.ts';
import { confineJob } from './confineJob.ts';
import { estimateCost } from './cost.ts';
import type { DeskDependencies } from './deskDependencies.ts';
import { outputsOf, prepareInput } from './jobInput.ts';
import { JobQueue, type RunJob } from './jobQueue.ts';
import { listModels } from './models.ts';
import type { ProjectStore } from './project.ts';
import { roiSetOf } from './rois.ts';
import { importWeights, lookAtWeights } from './weightsImport.ts';

type Dependencies = DeskDependencies & { readonly store: ProjectStore };
type Handlers = Pick<
  DeskHandlers,
  keyof typeof jobCalls | keyof typeof batchCalls | keyof typeof modelCalls
>;
type Questions = keyof typeof modelCalls | 'preflight' | 'cost.estimate' | 'doctor';

export function createJobHandlers(dependencies: Dependencies): {
  readonly handlers: Handlers;
  /** Reports that jobs of the project wrote. */
  reports(): string[];
  dispose(): Promise<void>;
} {
  const { emit, store } = dependencies;
  const follower = new BatchFollower();
  const queue = new JobQueue(runJob(dependencies, follower), emit);
  store.listen({
    opened: (file, known) => queue.open(file, known),
    moved: (file) => queue.move(file),
    closing: () => queue.close(),
  });
  /** Does something with the queue once it knows the jobs of the project. */
  const withQueue = async <Result>(work: (queue: JobQueue) => Result): Promise<Awaited<Result>> => {
    await store.file();
    return await work(queue);
  };
  return {
    handlers: {
      'job.start': async ({ kind, title, input, first }) => {
        const file = await store.file();
        const taken = queue.list().flatMap((job) => outputsOf(job.kind, job.input));
        const prepared = await prepareInput(kind, input, {
          folder: store.folderOf(file),
          title: title.trim() === '' ? kind : title,
          taken: new Set(taken.map((path) => resolve(path))),
          rois: () => roiSetOf(file.load().tables, file.path),
          confine: dependencies.confine,
        });
        return {
          job: await withQueue((jobs) => jobs.add({ kind, title, input: prepared }, first)),
        };
      },
      'job.list': () => withQueue((jobs) => ({ jobs: jobs.list() })),
      'job.cancel': ({ job }) => withQueue((jobs) => jobs.cancel(job).then(nothing)),
      'job.pause': ({ job }) => withQueue((jobs) => jobs.pause(job).then(nothing)),
      'job.resume': ({ job }) => withQueue((jobs) => nothing(jobs.resume(job))),
      'job.remove': ({ job }) => withQueue((jobs) => nothing(jobs.remove(job))),
      'job.log': ({ job }) => withQueue((jobs) => ({ lines: jobs.log(job) })),
      ...createBatchHandlers(follower),
      ...createQuestionHandlers(dependencies, () => queue.list()),
    },
    reports: () => queue.list().flatMap(reportsOf),
    dispose: () => queue.close(),
  };
}

/** A batch writes its report however it ends. */
function reportsOf({ kind, input, result }: JobRecord): string[] {
  if (kind === 'batch') return [join(String(input['out']), ownNames.report)];
  return typeof result?.['report'] === 'string' ? [result['report']] : [];
}

const nothing = (_: void): Record<string, never> => ({});

/** What is asked before a job is started. */
function createQuestionHandlers(
  { runTask, store, confine }: Dependencies,
  jobs: () => readonly JobRecord[],
): Pick<Handlers, Questions> {
  const roisOf = async (): Promise<RoiSet> => {
    const file = await store.file();
    return roiSetOf(file.load().tables, file.path);
  };
  return {
    'model.list': async ({ also }) => {
      const file = await store.file();
      return { models: await listModels(store.folderOf(file), jobs(), also) };
    },
    'model.card': async ({ path }) => ({ card: await readAnyCard(path) }),
    'weights.look': ({ file }, signal) => lookAtWeights(file, runTask, signal),
    'weights.import': async (input, signal) => {
      const folder = store.folderOf(await store.file());
      return importWeights(input, { folder, runTask }, signal);
    },
    preflight: async ({ scene, model, rois }, signal) => {
      const input = { scene, model, ...(rois === undefined ? {} : { rois: await roisOf() }) };
      return (await runTask({ task: 'preflight', input, signal })) as DeskOutput<'preflight'>;
    },
    'cost.estimate': async ({ kind, input }, signal) => {
      const folder = store.folderOf(await store.file());
      const question = { kind, input, folder, rois: await roisOf(), confine };
      return estimateCost(question, runTask, signal);
    },
    doctor: async (input, signal) =>
      (await runTask({ task: 'doctor', input, signal })) as Output<'doctor'>,
  };
}

/** Its folder of results was named when the job was started. */
type BatchInput = Input<'batch'> & { readonly out: string };

/** Calls that go on where they stopped. */
const resumable: ReadonlySet<JobKind> = new Set(['train', 'pretrain', 'predict', 'change']);

/** The call of the command line, asked to say what it maps as it goes; one that ran before goes on where it stopped. */
function runJob(
  { runTask, startTaskProcess, confine }: Dependencies,
  follower: BatchFollower,
): RunJob {
  const services = createServices({
    ...(startTaskProcess === undefined ? {} : { startProcess: startTaskProcess }),
    runTask: (request) =>
      runTask(
        request.task === 'predict' || request.task === 'change'
          ? { ...request, input: { ...(request.input as object), live: true } }
          : request,
      ),
  });
  return async ({ kind, input: given }, { resume, ...options }) => {
    const input = resumable.has(kind) && resume ? { ...given, resume: true } : given;
    // its record may have come with the project of somebody else
    if (confine !== undefined) await confineJob(confine, kind, given);
    if (kind !== 'batch') return services.call(kind, input, options);
    // what a start that was to begin anew has mapped is not mapped once more
    const batch = { ...(input as BatchInput), ...(resume ? { fresh: false } : {}) };
    return followBatch(follower, batch, {
      options,
      run: (followed) => services.call(kind, batch, followed),
    });
  };
}
