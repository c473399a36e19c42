import { dirname } from 'node:path';
import type { Input, Output } from '../../app/contract/api.ts';
import { confusionOf } from '../../app/learn/metrics.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { programVersion } from '../version.ts';
import type { Evaluation } from '../workers/evaluate.ts';
import { createManifest, describeInputs, describeOutputs } from '../workers/manifest.ts';
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
  if (report !== undefined) {
    const other =
      baseline === undefined
        ? undefined
        : ((await runTask('evaluate', { ...task, map: baseline }, context)) as Evaluation);
    const data = await collectReport(input, { evaluation, baseline: other }, context);
    await writeFileAtomic(report, renderReport(data));
  }
  const done = { started, result, outputs: [report, csv] };
  const manifest = await recordEvaluation(`${beside}.json`, task, done, context);
  return { ...result, ...(report === undefined ? {} : { report }), manifest };
}

/** Writes what the figures were measured on, and the figures, for `replay`. */
async function recordEvaluation(
  path: string,
  task: Omit<Input<'evaluate'>, 'report' | 'csv' | 'baseline'>,
  done: {
    readonly started: Date;
    readonly result: Output<'evaluate'>;
    readonly outputs: readonly (string | undefined)[];
  },
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
  const record = {
    ...manifest,
    outputs: await describeOutputs(done.outputs, dirname(path), signal),
    started: done.started.toISOString(),
    seconds: (Date.now() - done.started.getTime()) / 1000,
    figures: done.result,
  };
  await writeFileAtomic(path, `${JSON.stringify(record, undefined, 2)}\n`);
  return path;
}
