import { createReadStream, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Serves texts by path, and one file in ranges, as a web server of static files does. */
export async function serveRanges(
  texts: Readonly<Record<string, { readonly type: string; readonly body: string }>>,
  file: string,
): Promise<{ readonly origin: string; readonly server: Server }> {
  const { size } = statSync(file);
  const server = createServer((request, response) => {
    const text = texts[request.url ?? ''];
    if (text !== undefined) {
      response.writeHead(200, { 'content-type': text.type }).end(text.body);
      return;
    }
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = Math.min(size - 1, to === undefined || to === '' ? size - 1 : Number(to));
    response.writeHead(from === undefined ? 200 : 206, {
      'content-type': 'image/tiff',
      'accept-ranges': 'bytes',
      'content-length': end - start + 1,
      ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
    });
    createReadStream(file, { start, end }).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
