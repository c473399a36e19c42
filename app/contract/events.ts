import type { BatchSceneSummary } from './batch.ts';

/** What a long call says while it runs. */
export type ProgressEvent =
  | {
      readonly kind: 'progress';
      readonly stage: string;
      readonly done: number;
      readonly total: number;
      readonly detail?: string;
      readonly etaSeconds?: number;
      readonly samplesPerSecond?: number;
    }
  | {
      readonly kind: 'epoch';
      readonly epoch: number;
      readonly epochs: number;
      /** `1/3` where several networks are trained one after the other. */
      readonly network?: string;
      readonly loss: number;
      readonly validation?: Readonly<Record<string, number>>;
      readonly samplesPerSecond: number;
      readonly etaSeconds: number;
    }
  | {
      /** A window of a map is done; only where the caller wants to watch (`live`). */
      readonly kind: 'mapped';
      /** Where the map lies, in pixels of the scene that it is made of: x, y, width, height. */
      readonly place: readonly [number, number, number, number];
      /** Size of the whole map, and the window (x, y, width, height) of it. */
      readonly width: number;
      readonly height: number;
      readonly window: readonly [number, number, number, number];
      /** Class values of the window thinned to `columns` × `rows` pixels, row by row; 0 = none. */
      readonly columns: number;
      readonly rows: number;
      readonly classes: Uint8Array;
      /** Value, red, green and blue of classes that are not those of the project. */
      readonly colors?: readonly (readonly [number, number, number, number])[];
    }
  /** A scene of a batch has a state: once for each when the batch begins, then whenever one changes. */
  | { readonly kind: 'scene'; readonly scene: BatchSceneSummary }
  | { readonly kind: 'engine'; readonly engine: string; readonly device: string }
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'note'; readonly message: string };

/** What each kind has at least. */
const needed: Readonly<Record<ProgressEvent['kind'], Readonly<Record<string, string>>>> = {
  progress: { stage: 'string', done: 'number', total: 'number' },
  epoch: {
    ...{ epoch: 'number', epochs: 'number', loss: 'number' },
    ...{ samplesPerSecond: 'number', etaSeconds: 'number' },
  },
  mapped: {
    ...{ place: 'object', window: 'object', classes: 'object' },
    ...{ width: 'number', height: 'number', columns: 'number', rows: 'number' },
  },
  scene: { scene: 'object' },
  engine: { engine: 'string', device: 'string' },
  warning: { message: 'string' },
  note: { message: 'string' },
};

/** Whether a message of another process is an event. */
export function isProgressEvent(value: unknown): value is ProgressEvent {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const kind = String(fields['kind']);
  if (!Object.hasOwn(needed, kind)) return false;
  return Object.entries(needed[kind as ProgressEvent['kind']]).every(
    ([name, type]) => typeof fields[name] === type && fields[name] !== null,
  );
}
