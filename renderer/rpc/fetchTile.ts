import { type BasemapAddress, basemapPath } from '../../app/contract/basemapAddress.ts';
import { SAMPLE_TYPE_HEADER, type TileAddress, tilePath } from '../../app/contract/tileAddress.ts';
import { AppError, type ErrorRecord, fromErrorRecord } from '../../app/error.ts';
import { t } from '../words/translate.ts';
import type { TileBody } from './host.ts';

/** One tile of the server or protocol that the page came from. @throws AppError */
export async function fetchTile(
  address: TileAddress,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>>,
): Promise<TileBody | undefined> {
  const response = await request(tilePath(address), { signal, headers });
  if (response.status === 204) return undefined;
  if (!response.ok) throw await failure(response);
  const bytes = await response.arrayBuffer().catch((error: unknown) => {
    throw networkError(error, signal);
  });
  return { bytes, sampleType: response.headers.get(SAMPLE_TYPE_HEADER) ?? '' };
}

/** One tile of a basemap, with its media type. @throws AppError */
export async function fetchBasemap(
  address: BasemapAddress,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>>,
): Promise<Blob | undefined> {
  const response = await request(basemapPath(address), { signal, headers });
  if (response.status === 204) return undefined;
  if (!response.ok) throw await failure(response);
  return response.blob().catch((error: unknown) => {
    throw networkError(error, signal);
  });
}

async function request(
  path: string,
  init: RequestInit & { signal: AbortSignal },
): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    throw networkError(error, init.signal);
  }
}

/** The error that an answer other than 2xx holds. */
export async function failure(response: Response): Promise<AppError> {
  const body = (await response.json().catch(() => undefined)) as
    | { readonly error?: ErrorRecord }
    | undefined;
  if (body?.error !== undefined) return fromErrorRecord(body.error);
  return new AppError(
    'network',
    t('Prismap answered with status {status}. Try again.', { status: response.status }),
  );
}

export function networkError(error: unknown, signal: AbortSignal | undefined): AppError {
  if (signal?.aborted === true) return new AppError('cancelled', 'Cancelled.');
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError(
    'network',
    t('The connection to Prismap was lost ({reason}). Try again.', { reason }),
    { lost: true },
  );
}
