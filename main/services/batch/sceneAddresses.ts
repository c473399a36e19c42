import { readFile, stat } from 'node:fs/promises';
import { AppError } from '../../../app/error.ts';

/** A scene that lies on a server. */
export type SceneAddress = {
  /** What names it in the batch: server and path, as if they were folders. */
  readonly scene: string;
  /** http(s) */
  readonly address: string;
};

const mostBytes = 64 * 2 ** 20;
const needed = 'needed is one http(s):// or s3:// address of a GeoTIFF in each line';

/** Whether a batch is given a list of addresses in place of a folder. */
export const isList = async (folder: string): Promise<boolean> =>
  (await stat(folder).catch(() => undefined))?.isFile() === true;

/**
 * Reads a list: one address in each line; blank lines and those that begin with `#` are left out.
 * @throws AppError `usage` with the line that is none, `too-large`
 */
export async function readAddresses(path: string): Promise<SceneAddress[]> {
  const { size } = await stat(path);
  if (size > mostBytes)
    throw new AppError('too-large', `${path} is too large for a list of scenes; ${needed}.`);
  const found = new Map<string, SceneAddress & { readonly line: number }>();
  for (const [i, text] of (await readFile(path, 'utf8')).split(/\r?\n/).entries()) {
    const word = text.trim();
    if (word === '' || word.startsWith('#')) continue;
    const url = addressOf(word);
    if (url === undefined)
      throw new AppError('usage', `Line ${i + 1} of ${path} is no address; ${needed}.`, { path });
    const scene = nameOf(url);
    const before = found.get(scene);
    if (before !== undefined && before.address !== url.href)
      throw new AppError(
        'usage',
        `Lines ${before.line} and ${i + 1} of ${path} name scenes that differ by no more than what follows "?". Leave one out.`,
        { path },
      );
    found.set(scene, { scene, address: url.href, line: i + 1 });
  }
  return [...found.values()].toSorted((a, b) => (a.scene < b.scene ? -1 : 1));
}

function addressOf(word: string): URL | undefined {
  const text = word.startsWith('s3://') ? publicAddress(word) : word;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  // requests with a name and a password in the address are refused by the platform
  if (url.username !== '' || url.password !== '') return undefined;
  url.hash = '';
  return url.pathname.length > 1 ? url : undefined;
}

/** Where an object of S3 is answered without a signature: at the endpoint of the environment, else at AWS. */
export function publicAddress(word: string, environment = process.env): string {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(word) ?? [];
  if (bucket === '' || key === '') return '';
  const path = key.split('/').map(encodeURIComponent).join('/');
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  if (endpoint !== undefined && endpoint !== '')
    return `${endpoint.replace(/\/+$/, '')}/${bucket}/${path}`;
  const region = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'];
  return `https://${bucket}.s3.${region === undefined ? '' : `${region}.`}amazonaws.com/${path}`;
}

/** Server and path without what no file may be called; nothing of what follows `?`, which may be a secret. */
function nameOf({ hostname, port, pathname }: URL): string {
  const parts = pathname.split('/').filter((part) => part !== '');
  const server = port === '' ? hostname : `${hostname}_${port}`;
  return [server, ...parts.map(decoded)]
    .map((part) => part.replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, '_').replace(/^\.+$/, '_'))
    .join('/');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const answerMs = 10_000;

/** Changes whenever what lies at an address does, as far as its server tells. */
export async function stampOfAddress(address: string): Promise<string> {
  try {
    const { ok, headers } = await fetch(address, {
      method: 'HEAD',
      signal: AbortSignal.timeout(answerMs),
    });
    if (!ok) return 'no answer';
    const told = ['etag', 'last-modified', 'content-length'].map((name) => headers.get(name));
    return told.map((one) => one ?? '').join(' ');
  } catch {
    return 'no answer';
  }
}
