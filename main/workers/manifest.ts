import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { programCode } from '../programCode.ts';
import { programVersion } from '../version.ts';
import { hashFile, hashOfKnown } from './hashFile.ts';

/** A file that a run read. */
export type ManifestInput = {
  readonly role: string;
  readonly uri: string;
  readonly bytes?: number;
  readonly sha256?: string;
};

/** What decides the result of a run, and nothing else: equal manifests give equal bytes on equal devices. */
export type RunManifest = {
  /** `code` as `programCode` gives it. */
  readonly program: { readonly name: 'prismap'; readonly version: string; readonly code: string };
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
  const program = { name: 'prismap', version: programVersion(), code: programCode() } as const;
  return { program, command, ...parts };
}

/** What files and folders of this machine are called in a record, the longest first: `[path here, name there]`. */
export type CalledNames = readonly (readonly [path: string, name: string])[];

/** A manifest as the machine would have written it that the run was started on. */
export function calledAs(manifest: RunManifest, names: CalledNames = []): RunManifest {
  const called = (path: string): string => {
    for (const [here, there] of names)
      if (path === here || path.startsWith(`${here}/`) || path.startsWith(`${here}\\`))
        return there + path.slice(here.length);
    return path;
  };
  const settings = Object.entries(manifest.settings).map(([key, value]) => [
    key,
    typeof value === 'string' ? called(value) : value,
  ]);
  return {
    ...manifest,
    inputs: manifest.inputs.map((one) => ({ ...one, uri: called(one.uri) })),
    settings: Object.fromEntries(settings) as RunManifest['settings'],
  };
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

/** A file that a run wrote. `name` counts from the folder of its record, with `/`, so that both can be moved together. */
export type ManifestOutput = {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
};

/** Size and SHA-256 of what a run wrote. @throws what the system says where one cannot be read; `AbortError` */
export async function describeOutputs(
  paths: readonly (string | undefined)[],
  folder: string,
  signal?: AbortSignal,
): Promise<ManifestOutput[]> {
  const result: ManifestOutput[] = [];
  for (const path of paths) {
    if (path === undefined) continue;
    const { size } = await stat(path);
    const sha256 = await hashFile(path, { size, ...(signal === undefined ? {} : { signal }) });
    const name = relative(resolve(folder), resolve(path)).replaceAll('\\', '/');
    result.push({ name, bytes: size, sha256 });
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
