import type { Desk } from '../../services/desk/createDesk.ts';
import { type Answer, emptyAnswer, guardHeaders } from '../answer.ts';
import { basemapAnswer } from '../basemapAnswer.ts';
import { reportAnswer } from '../reportAnswer.ts';
import { staticFiles } from '../staticFiles.ts';
import { tileAnswer } from '../tileAnswer.ts';
import { isOwnPage } from './origin.ts';

/** Answers `app://prismap/…`: the built renderer, tiles, basemaps and reports, as the served mode does. */
export function appProtocol(
  desk: Pick<Desk, 'tile' | 'basemapTile' | 'report'>,
  rendererFolder: string,
): (request: Request) => Promise<Response> {
  const file = staticFiles(rendererFolder);
  const choose = async (request: Request): Promise<Answer> => {
    if (!isOwnPage(request.url)) return emptyAnswer(403);
    if (request.method !== 'GET') return emptyAnswer(405);
    const url = new URL(request.url);
    if (url.pathname.startsWith('/tiles/')) return tileAnswer(desk, url, request.signal);
    if (url.pathname.startsWith('/basemap/')) return basemapAnswer(desk, url, request.signal);
    if (url.pathname.startsWith('/reports/')) return reportAnswer(desk, url);
    return file(url.pathname);
  };
  return async (request) => {
    const { status, headers, body } = await choose(request);
    return new Response(body.byteLength === 0 ? null : new Uint8Array(body), {
      status,
      headers: { ...guardHeaders(), ...headers },
    });
  };
}
