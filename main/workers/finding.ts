import type { Finding } from '../../app/contract/desk/jobs.ts';
import { AppError } from '../../app/error.ts';
import { type Phrase, phraseText } from '../../app/phrase.ts';

/** A finding in English and in parts that a window can translate. */
export function finding(
  level: Finding['level'],
  subject: Finding['subject'],
  said: Phrase | readonly Phrase[],
  cure?: Finding['cure'],
): Finding {
  const phrases = 'text' in said ? [said] : [...said];
  return {
    level,
    subject,
    message: phraseText(phrases),
    phrases: phrases.map(({ text, values }) => ({ text, values: { ...values } })),
    ...(cure === undefined ? {} : { cure }),
  };
}

/** What stops a run, as the error that says so. @throws what is no AppError, and a cancellation */
export function findingOfError(
  error: unknown,
  subject: Finding['subject'],
  cure?: Finding['cure'],
): Finding {
  if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
  const { phrases } = error.details as { readonly phrases?: Finding['phrases'] };
  return {
    level: 'red',
    subject,
    message: error.message,
    ...(phrases === undefined ? {} : { phrases }),
    ...(cure === undefined ? {} : { cure }),
  };
}
