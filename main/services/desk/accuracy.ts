import type { accuracyCalls } from '../../../app/contract/desk/accuracy.ts';
import type { DeskArguments, DeskHandlers, DeskOutput } from '../../../app/contract/deskApi.ts';
import { confusionOf } from '../../../app/learn/metrics.ts';
import { writeFileAtomic } from '../../atomicFile.ts';
import type { PointAssessment } from '../../workers/accuracyAssess.ts';
import { collectReport } from '../collectReport.ts';
import { confusionCsv } from '../report/figures.ts';
import { renderReport } from '../report/report.ts';
import type { DeskDependencies } from './deskDependencies.ts';
import type { Reports } from './reports.ts';

/** Assessment and export of maps, each in a compute process of its own: maps are read as a whole, and nothing waits for it. */
export function createAccuracyHandlers({
  runTask,
  reports,
}: Pick<DeskDependencies, 'runTask'> & { readonly reports: Reports }): {
  readonly handlers: Pick<DeskHandlers, keyof typeof accuracyCalls>;
} {
  const task =
    <Name extends Exclude<keyof typeof accuracyCalls, 'report.open'>>(name: Name) =>
    async (input: DeskArguments<Name>, signal: AbortSignal): Promise<DeskOutput<Name>> =>
      (await runTask({ task: name, input, signal })) as DeskOutput<Name>;
  const assess: DeskHandlers['accuracy.assess'] = async (input, signal) => {
    const { report, csv, ...rest } = input;
    const assessment = (await runTask({
      task: 'accuracy.assess',
      input: rest,
      signal,
    })) as PointAssessment;
    if (csv !== undefined) {
      const { confusion, classes } = assessment.evaluation;
      const values = classes.map(({ value }) => value);
      await writeFileAtomic(csv, confusionCsv(confusionOf(confusion.matrix, values), classes));
    }
    if (report === undefined) return assessment.output;
    const context = { runTask, signal };
    await writeFileAtomic(report, await reportOf(input, assessment, context));
    reports.wrote(report);
    return { ...assessment.output, report };
  };
  return {
    handlers: {
      'accuracy.design': task('accuracy.design'),
      'accuracy.assess': assess,
      'accuracy.errors': task('accuracy.errors'),
      'report.open': async ({ path }) => ({ address: await reports.open(path) }),
      'export.map': task('export.map'),
    },
  };
}

const designs = {
  stratified: 'drawn at random by class of the map',
  equalised: 'drawn at random, as many in each class of the map',
  random: 'drawn at random',
} as const;

async function reportOf(
  { map, points, design }: DeskArguments<'accuracy.assess'>,
  { evaluation, estimates }: PointAssessment,
  context: Parameters<typeof collectReport>[2],
): Promise<string> {
  const reference = `${points.length} labelled points, ${designs[design]}`;
  const data = await collectReport(
    { map, reference },
    { evaluation, baseline: undefined },
    context,
  );
  const { areaAdjusted: _, ...accuracy } = data.accuracy!;
  return renderReport({
    ...data,
    accuracy: {
      ...accuracy,
      ...(estimates === undefined ? {} : { areaAdjusted: estimates }),
    },
  });
}
