import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { type AppError, type ErrorRecord, phraseError } from '../../../app/error.ts';
import { phrase, phraseText } from '../../../app/phrase.ts';

/** A job that cannot be steered any more. */
export const hasEnded = ({ id, title, state }: JobRecord): AppError =>
  phraseError('usage', [phrase('"{title}" has ended already.', { title })], { job: id, state });

/** What a job's record keeps of an error. */
export function failure({ code, message, details }: ErrorRecord): JobRecord['error'] {
  const { phrases } = details as { readonly phrases?: NonNullable<JobRecord['error']>['phrases'] };
  return { code, message, ...(phrases === undefined ? {} : { phrases }) };
}

/** Why a job of a project that is opened is paused. */
export type PauseReason = 'died' | 'unknown project';

export function pauseError(reason: PauseReason): NonNullable<JobRecord['error']> {
  const phrases =
    reason === 'died'
      ? [
          phrase(
            'Prismap ended while this job was running. What it had finished is kept: resume it to go on.',
          ),
        ]
      : [
          phrase(
            'This project was not open here before, so its jobs do not begin by themselves. Resume this one if it is to run.',
          ),
        ];
  const code = reason === 'died' ? 'worker-died' : 'cancelled';
  return failure({ code, message: phraseText(phrases), details: { phrases } })!;
}
