import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Input, Output } from '../../../app/contract/api.ts';
import { AppError } from '../../../app/error.ts';
import { writeFileAtomic } from '../../atomicFile.ts';
import { hashFile } from '../../workers/hashFile.ts';
import type { CallContext } from '../callContext.ts';
import { fingerprintOf, type Statement, seal, unseal } from './envelope.ts';
import { readKey } from './keys.ts';
import { recordPaths } from './recordPath.ts';

const ending = '.dsse';
const predicateType = 'urn:prismap:run:1';
/** Records take kilobytes; what is larger is none, and is not read. */
const mostBytes = 64 * 1024 * 1024;

/** What a record has to hold to be signed. */
const record = z.looseObject({
  program: z.looseObject({ name: z.literal('prismap') }),
  outputs: z.array(z.looseObject({ name: z.string().min(1), sha256: z.string() })),
});

/** Signs records: each gets a file beside it that binds it to what its run wrote. */
export async function signRecords(
  { manifest, key: keyFile }: Input<'sign'>,
  { signal }: CallContext,
): Promise<Output<'sign'>> {
  const key = await readKey(keyFile, 'private');
  const signatures: string[] = [];
  for (const path of await namedRecords(manifest)) {
    signal?.throwIfAborted();
    const content = await readRecord(path);
    const stated = record.safeParse(content);
    if (!stated.success) throw noRecord(path);
    const subject = [
      await subjectOf(path, basename(path)),
      ...stated.data.outputs.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    ];
    const changed = await changedFiles(subject, dirname(path), signal);
    if (changed.length > 0)
      throw new AppError(
        'conflict',
        `${path} was not signed: since that run ${list(changed)}. Sign what a run wrote as it is, or make the run again.`,
        { path, changed },
      );
    const said: Statement = {
      _type: 'https://in-toto.io/Statement/v1',
      ...{ subject, predicateType, predicate: content },
    };
    await writeFileAtomic(path + ending, seal(said, key), signal);
    signatures.push(path + ending);
  }
  return { fingerprint: fingerprintOf(key), signatures };
}

/**
 * Checks signatures and that all files are as they were signed.
 * @throws AppError `bad-signature` where one does not hold, `not-found` where there is none
 */
export async function verifyRecords(
  { manifest, key: keyFile }: Input<'verify'>,
  { signal }: CallContext,
): Promise<Output<'verify'>> {
  const key = await readKey(keyFile, 'public');
  const verified: Output<'verify'>['verified'][number][] = [];
  for (const path of await namedRecords(manifest)) {
    const text = await readSmall(path + ending).catch(() => {
      throw new AppError('not-found', `${path} is not signed. Sign it by "prismap sign".`, {
        path,
      });
    });
    const opened = unseal(text, key);
    if ('refused' in opened) throw badSignature(path, [`its signature ${opened.refused}`]);
    const { subject } = opened.statement;
    if (subject[0]!.name !== basename(path))
      throw badSignature(path, [`its signature is that of ${subject[0]!.name}`]);
    const changed = await changedFiles(subject, dirname(path), signal);
    if (changed.length > 0) throw badSignature(path, changed);
    verified.push({ manifest: path, outputs: subject.slice(1).map(({ name }) => name) });
  }
  return { fingerprint: fingerprintOf(key), verified };
}

async function namedRecords(given: string): Promise<string[]> {
  const paths = await recordPaths(given);
  if (paths.length > 0) return paths;
  throw new AppError('not-found', `${given} holds no records of runs. Name a map or a model.`, {
    path: given,
  });
}

async function readRecord(path: string): Promise<unknown> {
  const text = await readSmall(path).catch(() => {
    throw new AppError('not-found', `There is no record ${path} that can be read.`, { path });
  });
  try {
    return JSON.parse(text);
  } catch {
    throw noRecord(path);
  }
}

async function readSmall(path: string): Promise<string> {
  if ((await stat(path)).size > mostBytes) throw noRecord(path);
  return await readFile(path, 'utf8');
}

const noRecord = (path: string): AppError =>
  new AppError(
    'unknown-format',
    `${path} is no record of a run with the hashes of what it wrote. Records of older versions have none: make the run again.`,
    { path },
  );

const subjectOf = async (path: string, name: string): Promise<Statement['subject'][number]> => ({
  name,
  digest: { sha256: await hashFile(path) },
});

/** What is not as it was stated, in words. */
async function changedFiles(
  subject: Statement['subject'],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const changed: string[] = [];
  for (const { name, digest } of subject) {
    const found = await hashFile(join(folder, name), signal === undefined ? {} : { signal }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === undefined || error.code === 'ABORT_ERR') throw error;
        return undefined;
      },
    );
    if (found === undefined) changed.push(`${name} is gone or cannot be read`);
    else if (found !== digest.sha256) changed.push(`${name} has other content`);
  }
  return changed;
}

const list = (changed: readonly string[]): string =>
  changed.length > 5
    ? `${changed.slice(0, 5).join(', ')} and ${changed.length - 5} more`
    : changed.join(', ');

const badSignature = (path: string, problems: readonly string[]): AppError =>
  new AppError(
    'bad-signature',
    `${path} is not what was signed: ${list(problems)}. Ask who signed it for the files again.`,
    { path, problems },
  );
