import { join } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import type { Pretrained } from '../workers/pretrain.ts';
import type { CallContext } from './callContext.ts';
import { renderPretrainReport } from './report/pretrainReport.ts';
import { runTask } from './runTask.ts';

/** Pre-trains and writes the report into the folder of the model. */
export async function pretrain(
  input: Input<'pretrain'>,
  context: CallContext,
): Promise<Output<'pretrain'>> {
  const result = (await runTask('pretrain', input, context)) as Pretrained;
  const report = join(input.out, 'report.html');
  await writeFileAtomic(report, renderPretrainReport(result, new Date().toISOString()));
  const { curve: _, stages: __, reconstructions: ___, ...output } = result;
  return { ...output, report };
}
