import { join, relative, sep } from 'node:path';
import type { ErrorRecord } from '../../../app/error.ts';
import type { QueuedScene } from '../../store/batchQueue.ts';
import type { BatchCheck } from '../../workers/batchCheck.ts';
import type { OutputPaths } from '../../workers/batchInput.ts';
import type { BatchMapped } from '../../workers/batchMap.ts';

/** What the queue of a batch keeps of a scene. Paths of results count from their folder, which may be moved. */
export type SceneRecord = {
  readonly path: string;
  readonly stamp: string;
  readonly check?: BatchCheck;
  readonly outputs?: OutputPaths;
  readonly error?: Pick<ErrorRecord, 'code' | 'message'>;
  readonly mapped?: BatchMapped;
};

/** A scene of the queue with its record. Only this program writes queues, so the record is what it wrote. */
export type BatchScene = Omit<QueuedScene, 'record'> & { readonly record: SceneRecord };

export const asBatchScene = (scene: QueuedScene): BatchScene => scene as BatchScene;

/** Outputs in full. */
export const placed = (outputs: OutputPaths, out: string): OutputPaths => {
  const entries = Object.entries(outputs).map(([kind, path]) => [
    kind,
    path === undefined ? undefined : join(out, path),
  ]);
  return Object.fromEntries(entries) as OutputPaths;
};

/** A result as the queue keeps it: paths count from the folder of results, with `/`. */
export const unplaced = (mapped: BatchMapped, out: string): BatchMapped => ({
  ...mapped,
  files: mapped.files.map((file) => ({
    ...file,
    path: relative(out, file.path).split(sep).join('/'),
  })),
});
