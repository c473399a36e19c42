import { stat } from 'node:fs/promises';
import { programVersion } from '../version.ts';
import { hashOfKnown } from './hashFile.ts';

/** A file that a run read. */
export type ManifestInput = {
  readonly role: string;
  readonly uri: string;
  readonly bytes?: number;
  readonly sha256?: string;
};

/** What decides the result of a run, and nothing else: equal manifests give equal bytes on equal devices. */
export type RunManifest = {
  readonly program: { readonly name: 'prismap'; readonly version: string };
  readonly command: string;
  readonly inputs: readonly ManifestInput[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly engine: {
    readonly id: string;
    readonly device: string;
    readonly versions: Readonly<Record<string, string>>;
  };
};

export function createManifest(
  command: string,
  parts: Omit<RunManifest, 'program' | 'command'>,
): RunManifest {
  return { program: { name: 'prismap', version: programVersion() }, command, ...parts };
}

/** Size and SHA-256 of every local file; what comes from the network is named only. */
export async function describeInputs(
  inputs: readonly { readonly role: string; readonly uri: string }[],
  signal: AbortSignal,
): Promise<ManifestInput[]> {
  const result: ManifestInput[] = [];
  for (const { role, uri } of inputs) {
    signal.throwIfAborted();
    if (/^https?:/.test(uri)) result.push({ role, uri });
    else result.push({ role, uri, ...(await sizeAndHash(uri, signal)) });
  }
  return result;
}

async function sizeAndHash(
  path: string,
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string } | Record<string, never>> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined || !status.isFile()) return {};
  return { bytes: status.size, sha256: await hashOfKnown(path, status, signal) };
}
