import { AppError } from '../../../../app/error.ts';

/** Where a queue lies. */
export type RedisAddress = {
  readonly host: string;
  readonly port: number;
  readonly database: number;
  readonly encrypted: boolean;
  readonly user?: string;
  readonly password?: string;
  /** As it may be shown: without name and password. */
  readonly shown: string;
};

/** A password that is to stand in no command line, where other users of a machine could read it. */
const passwordVariable = 'PRISMAP_QUEUE_PASSWORD';

const needed =
  'needed is redis://HOST:PORT or redis://HOST:PORT/DATABASE (rediss:// for an encrypted line)';

/** @throws AppError `usage`, which never shows what may be a password */
export function redisAddress(text: string, environment = process.env): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
    throw new AppError('usage', `--queue is no address of a Redis server; ${needed}.`);
  const database = /^\/?(\d{0,4})$/.exec(url.pathname)?.[1];
  if (database === undefined || url.search !== '' || url.hash !== '')
    throw new AppError(
      'usage',
      `--queue names more than a server and the number of a database; ${needed}.`,
    );
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    database: Number(database),
    encrypted: url.protocol === 'rediss:',
    ...login(url, environment[passwordVariable]),
    shown: `${url.protocol}//${url.host}/${Number(database)}`,
  };
}

function login(url: URL, kept: string | undefined): Pick<RedisAddress, 'user' | 'password'> {
  const user = decodeURIComponent(url.username);
  const password = url.password === '' ? (kept ?? '') : decodeURIComponent(url.password);
  return { ...(user === '' ? {} : { user }), ...(password === '' ? {} : { password }) };
}
