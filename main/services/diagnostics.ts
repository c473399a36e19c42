import { arch, availableParallelism, platform, release, totalmem } from 'node:os';
import { resolve } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { errorRecord } from '../../app/error.ts';
import { logFolder } from '../dataFolder.ts';
import { writeDiagnostics } from '../diagnostics/bundle.ts';
import { programVersion } from '../version.ts';
import type { CallContext } from './callContext.ts';
import { runTask } from './runTask.ts';

/** Writes a zip for whoever is to find a fault: facts about program and machine, and logs without private data. */
export function diagnostics(
  { out }: Input<'diagnostics'>,
  context: CallContext,
): Promise<Output<'diagnostics'>> {
  return diagnose(resolve(out), logFolder(), context);
}

/** The same for the logs of a folder. @param path Where the zip is written */
export async function diagnose(
  path: string,
  logs: string,
  context: CallContext,
): Promise<Output<'diagnostics'>> {
  const environment = {
    prismap: programVersion(),
    node: process.versions.node,
    electron: process.versions['electron'],
    system: `${platform()} ${arch()} ${release()}`,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    engine: await engineFacts(context),
  };
  return { file: path, files: await writeDiagnostics(path, logs, environment) };
}

/** An engine that cannot be loaded is what the archive is for. Messages may name folders and are left out. */
async function engineFacts(context: CallContext): Promise<unknown> {
  try {
    const facts = (await runTask('doctor', {}, context)) as Output<'doctor'>;
    const { engine, device, versions, matmulGflops, fused, problems } = facts;
    const missing = problems.map(({ part }) => part);
    return { engine, device, versions, matmulGflops, fused, missing };
  } catch (error) {
    return { code: errorRecord(error).code };
  }
}
