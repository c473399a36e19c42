import type { Finding } from '../../app/contract/desk/jobs.ts';
import { AppError, type ErrorRecord, errorRecord } from '../../app/error.ts';
import { acquisitionDate } from '../../app/raster/acquisitionDate.ts';
import { openScene } from '../raster/formats.ts';
import { preflight } from './preflight.ts';
import type { TaskContext } from './task.ts';

export type BatchCheck = {
  /** `YYYY-MM-DD` where the scene or its name says it. */
  readonly date?: string;
  readonly pixels: number;
  /** What the analyst should know. */
  readonly notes: readonly string[];
  /** Why the scene cannot be mapped. */
  readonly problem?: ErrorRecord;
};

/** Codes of what stops a run, by what it is about. */
const codes: Readonly<Record<Finding['subject'], AppError['code']>> = {
  Scene: 'corrupt',
  'Coordinate system': 'no-crs',
  Data: 'bad-values',
  Model: 'bad-weights',
  Bands: 'bands-mismatch',
  Resolution: 'bad-values',
  Values: 'bad-values',
  ROIs: 'bad-labels',
  Classes: 'bad-labels',
};

/** What helps in a batch; where nothing stands here, the message says it. */
function cureOf({ subject, cure }: Finding): string {
  if (subject === 'Bands')
    return cure === 'force'
      ? ' Leave the scene out with --exclude, or set "force: true" in the recipe to take the bands in their order.'
      : ' Leave the scene out with --exclude, or choose a model for its bands.';
  return subject === 'Data' ? ' Leave the scene out with --exclude.' : '';
}

/**
 * Holds a scene of a batch against the model, from headers and a few windows. With `force` only what cannot be read is a
 * problem; the rest becomes notes.
 */
export async function batchCheck(
  {
    scene,
    model,
    force,
  }: { readonly scene: string; readonly model: string; readonly force: boolean },
  context: TaskContext,
): Promise<BatchCheck> {
  let opened: Pick<BatchCheck, 'date' | 'pixels'>;
  try {
    const source = await openScene(scene);
    const { grid } = source.description;
    const date = acquisitionDate(source.description);
    opened = { pixels: grid.width * grid.height, ...(date === undefined ? {} : { date }) };
    await source.close();
    const { findings } = await preflight({ scene, model }, context);
    const red = findings.filter(({ level }) => level === 'red');
    const notes = findings.filter(({ level }) => level === 'amber').map(({ message }) => message);
    if (red.length === 0) return { ...opened, notes };
    const message = red.map((one) => `${one.message}${cureOf(one)}`).join(' ');
    if (force && red.every(({ subject }) => subject !== 'Model'))
      return {
        ...opened,
        notes: [...notes, `${message} Mapped all the same, as the recipe says.`],
      };
    return { ...opened, notes, problem: { code: codes[red[0]!.subject], message, details: {} } };
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
    return { pixels: 0, notes: [], problem: errorRecord(error) };
  }
}
