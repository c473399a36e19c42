import { parseReportPath } from '../../app/contract/reportAddress.ts';
import type { Desk } from '../services/desk/createDesk.ts';
import { type Answer, emptyAnswer, errorAnswer } from './answer.ts';

/**
 * A report runs nothing and loads nothing, whatever its file holds; only the desk's own pages frame it. The two permissions let that page
 * ask for it to be printed; without scripts they give the report itself nothing.
 */
const policy = [
  'sandbox allow-same-origin allow-modals',
  "default-src 'none'",
  'img-src data:',
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

/** Answers `/reports/…`: the report that its ticket is for, once; 404 afterwards. */
export async function reportAnswer(desk: Pick<Desk, 'report'>, url: URL): Promise<Answer> {
  const ticket = parseReportPath(url.pathname);
  if (ticket === undefined) return emptyAnswer(404);
  try {
    const body = await desk.report(ticket);
    if (body === undefined) return emptyAnswer(404);
    return {
      status: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy,
        'x-frame-options': 'SAMEORIGIN',
        'cache-control': 'no-store',
      },
      body,
    };
  } catch (error) {
    return errorAnswer(error);
  }
}
