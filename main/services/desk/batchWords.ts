import { AppError } from '../../../app/error.ts';

/** What the command line calls its options, and the window its fields. */
const words: readonly (readonly [option: string, field: string])[] = [
  [' with --exclude', ' ("Leave out")'],
  [' with --out', ''],
  ['another --out', 'another folder for the results'],
  ['add --fresh', 'tick "Map all scenes anew"'],
  [' by --pattern', ' by a pattern'],
  ['set "force: true" in the recipe', 'tick "Map although the check says no"'],
  ['Start it again with the same words', 'Resume it'],
];

/** A message of a batch as it helps in the window. */
export const inDeskWords = (message: string): string =>
  words.reduce((text, [option, field]) => text.replaceAll(option, field), message);

/** The same of an error. */
export const inDeskError = (error: unknown): unknown =>
  error instanceof AppError
    ? new AppError(error.code, inDeskWords(error.message), error.details)
    : error;
