import type { Input, Output } from '../../app/contract/api.ts';
import { confusionOf } from '../../app/learn/metrics.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import type { Evaluation } from '../workers/evaluate.ts';
import type { CallContext } from './callContext.ts';
import { collectReport } from './collectReport.ts';
import { confusionCsv } from './report/figures.ts';
import { renderReport } from './report/report.ts';
import { runTask } from './runTask.ts';

/** Measures a map, and writes the confusion matrix and the report where they are asked for. */
export async function evaluate(
  input: Input<'evaluate'>,
  context: CallContext,
): Promise<Output<'evaluate'>> {
  const { report, csv, baseline, ...task } = input;
  const evaluation = (await runTask('evaluate', task, context)) as Evaluation;
  const { classes, mapped: _, unmapped: __, ...result } = evaluation;
  if (csv !== undefined) {
    await writeFileAtomic(
      csv,
      confusionCsv(
        confusionOf(
          result.confusion.matrix,
          classes.map(({ value }) => value),
        ),
        classes,
      ),
    );
  }
  if (report === undefined) return result;
  const other =
    baseline === undefined
      ? undefined
      : ((await runTask('evaluate', { ...task, map: baseline }, context)) as Evaluation);
  await writeFileAtomic(
    report,
    renderReport(await collectReport(input, { evaluation, baseline: other }, context)),
  );
  return { ...result, report };
}
