import { parseBasemapPath } from '../../app/contract/basemapAddress.ts';
import type { Desk } from '../services/desk/createDesk.ts';
import { type Answer, emptyAnswer, errorAnswer } from './answer.ts';

/** Answers `/basemap/…`: 200 with a picture or a vector tile, 204 where there is none, 400 for no address. */
export async function basemapAnswer(
  desk: Pick<Desk, 'basemapTile'>,
  url: URL,
  signal: AbortSignal,
): Promise<Answer> {
  const address = parseBasemapPath(url.pathname);
  if (address === undefined) return emptyAnswer(400);
  try {
    const tile = await desk.basemapTile(address, signal);
    if (tile === undefined) return emptyAnswer(204);
    const headers = { 'content-type': tile.type, 'cache-control': 'no-store' };
    return { status: 200, headers, body: tile.bytes };
  } catch (error) {
    return errorAnswer(error);
  }
}
