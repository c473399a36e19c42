import { AppError } from '../../app/error.ts';

/** Makes the error that a file is refused with. `cure` is one thing to do, a whole sentence. */
export type Refuse = (why: string, cure?: string) => AppError;

const downloadAgain = 'Copy or download it again.';

/** For a file that may be anything. @param path of the file, for the message */
export function refusal(path: string): Refuse {
  return (why, cure = downloadAgain) =>
    new AppError('bad-weights', `${path} is no usable PyTorch checkpoint: ${why}. ${cure}`, {
      path,
    });
}
