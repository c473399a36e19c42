import { z } from 'zod';
import { accuracyCalls } from './desk/accuracy.ts';
import { basemapCalls } from './desk/basemaps.ts';
import { batchCalls } from './desk/batch.ts';
import { fileCalls } from './desk/files.ts';
import { jobCalls, jobRecord } from './desk/jobs.ts';
import { modelCalls } from './desk/models.ts';
import { projectCalls } from './desk/project.ts';
import { sceneCalls } from './desk/scenes.ts';

/** Every call that the desk's window makes. What lasts is a job; the rest answers at once. */
export const deskApi = {
  ...sceneCalls,
  ...projectCalls,
  ...basemapCalls,
  ...fileCalls,
  ...jobCalls,
  ...batchCalls,
  ...modelCalls,
  ...accuracyCalls,
} as const;

export type DeskApi = typeof deskApi;
export type DeskCall = keyof DeskApi;
export type DeskInput<Name extends DeskCall> = z.input<DeskApi[Name]['input']>;
/** An input after its check, defaults filled in: what handlers get. */
export type DeskArguments<Name extends DeskCall> = z.output<DeskApi[Name]['input']>;
export type DeskOutput<Name extends DeskCall> = z.output<DeskApi[Name]['output']>;

/** A handler for every call: a missing one does not compile. */
export type DeskHandlers = {
  readonly [Name in DeskCall]: (
    input: DeskArguments<Name>,
    signal: AbortSignal,
  ) => Promise<DeskOutput<Name>>;
};

/** What the host says without being asked. */
export const deskEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('job'), job: jobRecord }),
  z.object({
    kind: z.literal('mapped'),
    job: z.string(),
    /** Where the map lies, in pixels of the scene that it is made of. */
    place: z.tuple([z.int(), z.int(), z.int(), z.int()]),
    /** Size of the whole map and the window of it that is done. */
    width: z.int(),
    height: z.int(),
    window: z.tuple([z.int(), z.int(), z.int(), z.int()]),
    /** The window's class values, thinned to `columns` by `rows` pixels, in base64. */
    columns: z.int(),
    rows: z.int(),
    classes: z.string(),
    /** Value, red, green and blue of classes that are not those of the project. */
    colors: z.array(z.tuple([z.int(), z.int(), z.int(), z.int()])).optional(),
  }),
  z.object({
    kind: z.literal('scene'),
    uri: z.string(),
    state: z.enum(['changed', 'gone', 'back']),
  }),
  /** Another window edited the project: take its state anew. */
  z.object({ kind: z.literal('project'), revision: z.int() }),
  /** The system wants a file to be opened: by double click, or by the program started a second time. */
  z.object({ kind: z.literal('open'), path: z.string() }),
  /** A menu of the desktop application was used: the name of a command of the window. */
  z.object({ kind: z.literal('command'), command: z.string() }),
]);

export type DeskEvent = z.infer<typeof deskEvent>;
