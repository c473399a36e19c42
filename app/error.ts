import { type Phrase, phraseText } from './phrase.ts';

/** What went wrong, as a word that scripts can rely on; the text beside it may change, the code may not. */
export type ErrorCode =
  | 'usage' // an option is unknown, missing or out of range
  | 'not-found' // a file, folder or layer that was named does not exist
  | 'not-readable' // exists, but may not be read
  | 'not-writable' // the output cannot be written: permission, read-only, missing folder
  | 'disk-full'
  | 'unknown-format' // no reader recognises the file
  | 'corrupt' // the file contradicts itself or ends too soon
  | 'unsupported' // a valid feature that Prismap does not read
  | 'too-large' // over a stated limit (pixels, tiles, bytes, decompressed size)
  | 'no-crs'
  | 'unknown-crs'
  | 'no-overlap' // ROIs or windows outside the scene
  | 'no-samples' // fewer than two classes, or too few pixels
  | 'bands-mismatch' // the scene does not meet the model card
  | 'bad-values' // NaN, constant bands, nothing but nodata
  | 'bad-weights' // weights truncated, of other shapes, or not weights
  | 'bad-labels' // class field missing, unreadable geometry
  | 'engine' // the numerical engine failed or is missing
  | 'worker-died' // the compute process was killed, crashed or ran out of memory
  | 'in-use' // another program has it open
  | 'conflict' // it is no longer what the change says that it was
  | 'bad-signature' // signed by another, or changed since
  | 'newer-version' // made by a newer Prismap
  | 'cancelled'
  | 'network'
  | 'internal';

/**
 * An error that a person reads. `message` says what was found, what was needed and one thing to do; `details` is plain
 * JSON for scripts. Every border (process, file, command line) passes on code, message and details and nothing else.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }
}

/** An error that a window can say in its own language: `details.phrases` are what `message` says in English. */
export const phraseError = (
  code: ErrorCode,
  phrases: readonly Phrase[],
  details: Readonly<Record<string, unknown>> = {},
): AppError => new AppError(code, phraseText(phrases), { ...details, phrases });

/** The plain form that crosses a border. */
export type ErrorRecord = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
};

/** Any thrown value as a record; what is not an `AppError` becomes `internal` with its own message. */
export function errorRecord(error: unknown): ErrorRecord {
  if (error instanceof AppError) {
    return { code: error.code, message: error.message, details: error.details };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, details: {} };
}

/** The error that a record came from, ready to be thrown on this side of the border. */
export function fromErrorRecord(record: ErrorRecord): AppError {
  return new AppError(record.code, record.message, record.details);
}
