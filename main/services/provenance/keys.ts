import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Input, Output } from '../../../app/contract/api.ts';
import { AppError } from '../../../app/error.ts';
import { writeError, writeFileAtomic } from '../../atomicFile.ts';
import { fingerprintOf } from './envelope.ts';

/** Larger files are no keys. */
const mostBytes = 64 * 1024;

/** Makes a pair of keys. What is there already is never replaced: what was signed with it could not be checked again. */
export async function createKey({ file }: Input<'key create'>): Promise<Output<'key create'>> {
  const [privateKey, publicKey] = [resolve(file), `${resolve(file)}.pub`];
  for (const path of [privateKey, publicKey])
    if ((await stat(path).catch(() => undefined)) !== undefined)
      throw new AppError('not-writable', `${path} exists already. Choose another name.`, { path });
  const pair = generateKeyPairSync('ed25519');
  const secret = passphrase();
  const locked = secret === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: secret };
  const text = pair.privateKey.export({ type: 'pkcs8', format: 'pem', ...locked });
  await writePrivate(privateKey, String(text));
  await writeFileAtomic(publicKey, String(pair.publicKey.export({ type: 'spki', format: 'pem' })));
  return { privateKey, publicKey, fingerprint: fingerprintOf(pair.publicKey) };
}

/** Only its owner may read it, from the first byte on. */
async function writePrivate(path: string, text: string): Promise<void> {
  try {
    const handle = await open(path, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(path, { force: true });
    throw writeError(error, path);
  }
}

/** @throws AppError `not-found`, `not-readable`, `unknown-format` */
export async function readKey(path: string, kind: 'private' | 'public'): Promise<KeyObject> {
  const text = await readText(path);
  const words =
    kind === 'private'
      ? 'a private key for signing (Ed25519, PEM). Make one by "prismap key create"; the passphrase of a locked one is taken from PRISMAP_PASSPHRASE'
      : 'a public key (Ed25519, PEM), the file that ends in .pub';
  const refused = (found: string): AppError =>
    new AppError('unknown-format', `${path} ${found}; needed is ${words}.`, { path });
  if (kind === 'public' && /PRIVATE KEY/.test(text))
    throw refused('is a private key, which stays with who signs');
  let key: KeyObject;
  try {
    key =
      kind === 'public'
        ? createPublicKey(text)
        : createPrivateKey({ key: text, format: 'pem', passphrase: passphrase() });
  } catch {
    throw refused('could not be read as one');
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw refused(`is a key of another kind (${key.asymmetricKeyType})`);
}

async function readText(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw new AppError('not-found', `There is no key ${path}. Make one by "prismap key create".`, {
      path,
    });
  if (!found.isFile() || found.size > mostBytes)
    throw new AppError('unknown-format', `${path} is no key. Choose a PEM file.`, { path });
  return await readFile(path, 'utf8').catch((error: unknown) => {
    throw new AppError(
      'not-readable',
      `${path} could not be read: ${(error as Error).message}. Change its permissions.`,
      { path },
    );
  });
}

const passphrase = (): string | undefined => process.env['PRISMAP_PASSPHRASE'] || undefined;
