import { parseTilePath, SAMPLE_TYPE_HEADER } from '../../app/contract/tileAddress.ts';
import type { Desk } from '../services/desk/createDesk.ts';
import { type Answer, emptyAnswer, errorAnswer } from './answer.ts';

/** Answers `/tiles/…`: 200 with samples, 204 outside the scene, 400 for no address. */
export async function tileAnswer(
  desk: Pick<Desk, 'tile'>,
  url: URL,
  signal: AbortSignal,
): Promise<Answer> {
  const address = parseTilePath(url.pathname, url.searchParams);
  if (address === undefined) return emptyAnswer(400);
  try {
    const tile = await desk.tile(address, signal);
    if (tile === undefined) return emptyAnswer(204);
    return {
      status: 200,
      headers: {
        'content-type': 'application/octet-stream',
        [SAMPLE_TYPE_HEADER]: tile.sampleType,
        // The address holds the stamp of the file; the renderer keeps what it needs itself.
        'cache-control': 'no-store',
      },
      body: tile.bytes,
    };
  } catch (error) {
    return errorAnswer(error);
  }
}
