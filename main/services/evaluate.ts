import type { Input, Output } from '../../app/contract/api.ts';
import { confusionOf } from '../../app/learn/metrics.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { programVersion } from '../version.ts';
import type { Evaluation } from '../workers/evaluate.ts';
import { createManifest, describeInputs } from '../workers/manifest.ts';
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
  const started = new Date();
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
  const beside = report ?? csv;
  if (beside === undefined) return result;
  const manifest = await recordEvaluation(`${beside}.json`, task, { started, result }, context);
  if (report === undefined) return { ...result, manifest };
  const other =
    baseline === undefined
      ? undefined
      : ((await runTask('evaluate', { ...task, map: baseline }, context)) as Evaluation);
  await writeFileAtomic(
    report,
    renderReport(await collectReport(input, { evaluation, baseline: other }, context)),
  );
  return { ...result, report, manifest };
}

/** Writes what the figures were measured on, and the figures, for `replay`. */
async function recordEvaluation(
  path: string,
  task: Omit<Input<'evaluate'>, 'report' | 'csv' | 'baseline'>,
  { started, result }: { readonly started: Date; readonly result: Output<'evaluate'> },
  { signal }: CallContext,
): Promise<string> {
  const inputs = [
    { role: 'map', uri: task.map },
    { role: 'reference', uri: task.reference },
    ...(task.exclude === undefined ? [] : [{ role: 'excluded', uri: task.exclude }]),
  ];
  const manifest = createManifest('evaluate', {
    inputs: await describeInputs(inputs, signal ?? new AbortController().signal),
    settings: task,
    engine: { id: 'counting', device: 'CPU', versions: { prismap: programVersion() } },
  });
  const seconds = (Date.now() - started.getTime()) / 1000;
  const record = { ...manifest, started: started.toISOString(), seconds, figures: result };
  await writeFileAtomic(path, `${JSON.stringify(record, undefined, 2)}\n`);
  return path;
}
