import { join } from 'node:path';
import { AppError } from '../../app/error.ts';
import { fitNormalisation, type Normalisation } from '../../app/learn/normalise.ts';
import { countByClass } from '../../app/learn/sampling.ts';
import { networkOf, type Preset } from '../../app/learn/settings.ts';
import type { SpectralMambaConfig } from '../../app/model/spectralMamba.ts';
import type { WeightData } from '../../app/model/weights.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { fitMember } from './fitMember.ts';
import type { CurvePoint, EpochReport, FitOptions, MemberReport } from './fitOptions.ts';

export type { CurvePoint, FitOptions, LabelledSpectra } from './fitOptions.ts';

export type FitResult = {
  readonly config: SpectralMambaConfig;
  readonly normalisation: Normalisation;
  /** Weights of each network. */
  readonly members: readonly WeightData[];
  /** One row an epoch, network after network. */
  readonly curve: readonly (CurvePoint & { readonly member: number })[];
  /** Epochs run, and the epoch whose weights were taken, of the first network. */
  readonly epochs: number;
  readonly bestEpoch: number;
  /** Samples of each class in training. */
  readonly trainingByClass: readonly number[];
  readonly seconds: number;
  readonly samplesPerSecond: number;
};

/** Least training samples of a class: with fewer, normalisation and early stopping mean nothing. */
const leastSamples = 3;

/**
 * Trains the classifier of a preset. The same data, settings, seed and engine give the same bytes, whether or not the run
 * was killed and resumed in between.
 * @throws AppError `no-samples`, `bad-values`, `bad-labels`, `bands-mismatch` (resumed with other data), `cancelled`
 */
export async function fitClassifier(options: FitOptions): Promise<FitResult> {
  const { samples, train, classes, preset } = options;
  const counts = countByClass(samples.labels, train, classes.length);
  checkEnough(counts, classes);
  countByClass(samples.labels, options.validation, classes.length);
  const normalisation = fitNormalisation(samples, train, viewsOf(preset, samples.patch));
  const config = networkOf(preset, {
    bands: samples.bands,
    classes: classes.length,
    patch: samples.patch,
  });
  const started = performance.now();
  const members = preset.settings.members;
  const results: Awaited<ReturnType<typeof fitMember>>[] = [];
  for (let member = 0; member < members; member++) {
    const { folder, onEpoch } = options;
    results.push(
      await fitMember({
        ...options,
        config,
        normalisation,
        member,
        ...(folder === undefined ? {} : { folder: join(folder, `network-${member + 1}`) }),
        onEpoch: (report) => onEpoch?.(overall(report, member, members)),
      }),
    );
  }
  const seconds = (performance.now() - started) / 1000;
  const seen = results.reduce((sum, result) => sum + result.samplesSeen, 0);
  return {
    config,
    normalisation,
    members: results.map((result) => result.weights),
    curve: results.flatMap(({ curve }, i) => curve.map((row) => ({ ...row, member: i + 1 }))),
    epochs: results[0]!.curve.length,
    bestEpoch: results[0]!.bestEpoch,
    trainingByClass: [...counts],
    seconds,
    samplesPerSecond: seen / Math.max(seconds, 1e-9),
  };
}

/** The report of one network as part of the whole run. */
function overall(report: MemberReport, member: number, members: number): EpochReport {
  const { epochs, epoch, etaSeconds } = report;
  const secondsPerEpoch = epoch < epochs ? etaSeconds / (epochs - epoch) : 0;
  return {
    ...report,
    epoch: member * epochs + epoch,
    epochs: members * epochs,
    etaSeconds: etaSeconds + (members - member - 1) * epochs * secondsPerEpoch,
    member: member + 1,
    members,
  };
}

/** Patches are seen as they are: their network merges the neighbours first. */
function viewsOf(preset: Preset, patch: 1 | 3): Preset['settings']['views'] {
  return patch === 3 ? ['value'] : preset.settings.views;
}

function checkEnough(counts: Int32Array, classes: ClassScheme): void {
  const present = counts.filter((count) => count > 0).length;
  if (present < 2) {
    throw new AppError(
      'no-samples',
      `Training needs samples of two classes or more; it was given ${present === 0 ? 'none' : 'one class only'}. Draw areas of further classes.`,
      { present },
    );
  }
  for (const [i, count] of counts.entries()) {
    if (count === 0 || count >= leastSamples) continue;
    throw new AppError(
      'no-samples',
      `Class "${classes[i]?.name}" has ${count} training pixel${count === 1 ? '' : 's'}; ${leastSamples} are needed. Draw more of it or remove the class.`,
      { class: classes[i]?.name, count },
    );
  }
}
