import type { Output } from '../../../app/contract/api.ts';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';

// A border: the record of a job holds results of several calls; the host checked each against its contract.

type Results = Pick<{ [Name in JobRecord['kind']]: Output<Name> }, JobRecord['kind']>;

/** What a job of a kind gave; undefined for other kinds and while it is not done. */
export function resultOf<Kind extends JobRecord['kind']>(
  job: JobRecord | undefined,
  kind: Kind,
): Results[Kind] | undefined {
  if (job?.kind !== kind || job.state !== 'done' || job.result === undefined) return undefined;
  return job.result as Results[Kind];
}

/** A field of a job's input that is text, as the path of an output. */
export const inputText = (job: JobRecord, field: string): string | undefined => {
  const value = job.input[field];
  return typeof value === 'string' ? value : undefined;
};
