import { createReadStream, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export type SceneServer = {
  readonly origin: string;
  /** Requests by method and path, without what follows `?`. */
  readonly asked: string[];
  close(): void;
};

/** Serves the files of a folder in ranges, each answer `delayMs` after its question, as a server far away does. */
export async function serveScenes(folder: string, delayMs = 0): Promise<SceneServer> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    void pause(delayMs).then(() => {
      const name = decodeURIComponent(new URL(request.url ?? '/', 'http://here').pathname);
      asked.push(`${request.method} ${name}`);
      const path = join(folder, name);
      const file = statSync(path, { throwIfNoEntry: false });
      if (file?.isFile() !== true) return response.writeHead(404).end();
      const { size, mtime } = file;
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const [start, end] = [Number(from ?? 0), Math.min(size - 1, Number(to ?? size - 1))];
      response.writeHead(from === undefined ? 200 : 206, {
        'content-length': end - start + 1,
        'last-modified': mtime.toUTCString(),
        ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
      });
      if (request.method === 'HEAD') return response.end();
      return createReadStream(path, { start, end }).pipe(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
