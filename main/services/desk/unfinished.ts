import { AppError } from '../../../app/error.ts';

/** Handlers that say that they are not there yet, one a call. */
export function unfinished<Name extends string>(
  calls: Readonly<Record<Name, unknown>>,
): Record<Name, () => Promise<never>> {
  const names = Object.keys(calls) as Name[];
  return Object.fromEntries(
    names.map((name) => [
      name,
      () => Promise.reject(new AppError('unsupported', `${name} is not there yet.`)),
    ]),
  ) as Record<Name, () => Promise<never>>;
}
