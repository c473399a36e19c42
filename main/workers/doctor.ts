import type { Input, Output } from '../../app/contract/api.ts';
import { diagnose } from '../engines/doctor.ts';
import { programVersion } from '../version.ts';
import { engineOptions } from './engineOptions.ts';

/** Engine, device, versions, memory, measured speed, missing parts and cures. */
export async function doctor(input: Input<'doctor'>): Promise<Output<'doctor'>> {
  const { engine, device, versions, cores, memoryBytes, matmulGflops, fused, problems } =
    await diagnose(engineOptions(input));
  return {
    engine,
    device,
    versions: { prismap: programVersion(), node: process.versions.node, ...versions },
    cores,
    memoryBytes,
    matmulGflops,
    fused: [...fused],
    problems: problems.map((problem) => ({ ...problem })),
  };
}
