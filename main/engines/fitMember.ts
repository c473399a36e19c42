import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../app/error.ts';
import { augment } from '../../app/learn/augment.ts';
import { type Normalisation, normalise } from '../../app/learn/normalise.ts';
import { balancedWeights, countByClass, epochOrder } from '../../app/learn/sampling.ts';
import { learningRateAt } from '../../app/learn/schedule.ts';
import { lengthOf, type TrainingSettings } from '../../app/learn/settings.ts';
import { architecture } from '../../app/model/catalogue.ts';
import type { SpectralMambaConfig } from '../../app/model/spectralMamba.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { createRandom } from '../../app/random.ts';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import type { LoadedModel, OptimizerState, Trainer } from './engine.ts';
import type { CurvePoint, FitOptions, MemberReport } from './fitOptions.ts';
import { type ValidationFigures, validationFigures } from './validation.ts';

type MemberOptions = Omit<FitOptions, 'onEpoch'> & {
  readonly config: SpectralMambaConfig;
  readonly normalisation: Normalisation;
  /** From 0. */
  readonly member: number;
  readonly onEpoch: (report: MemberReport) => void;
};

export type MemberResult = {
  readonly weights: WeightData;
  readonly curve: readonly CurvePoint[];
  readonly bestEpoch: number;
  readonly samplesSeen: number;
};

/** Trains one network from its seed, or from its newest checkpoint. */
export async function fitMember(options: MemberOptions): Promise<MemberResult> {
  const run = new MemberRun(options);
  try {
    if (options.resume === true) await run.resume();
    while (!run.finished) await run.epoch();
    return run.result();
  } finally {
    run.dispose();
  }
}

/** Fresh weights with those of another network in their place, where paths and shapes agree. */
function startingWeights(fresh: WeightData, initial: WeightData | undefined): WeightData {
  if (initial === undefined) return fresh;
  return new Map(
    [...fresh].map(([path, own]) => {
      const given = initial.get(path);
      return [path, given?.shape.join() === own.shape.join() ? given : own] as const;
    }),
  );
}

/** What lasts from one epoch to the next, and is in a checkpoint. */
type Progress = {
  readonly curve: readonly CurvePoint[];
  readonly bestEpoch: number;
  readonly bestScore: number;
};

class MemberRun {
  readonly #options: MemberOptions;
  readonly #settings: TrainingSettings & { readonly epochs: number };
  readonly #patience: number;
  readonly #seed: number;
  readonly #trainer: Trainer;
  readonly #model: LoadedModel<SpectralMambaConfig>;
  readonly #input: Float32Array;
  readonly #classWeights: Float32Array | undefined;
  readonly #fingerprint: string;
  #progress: Progress = { curve: [], bestEpoch: 0, bestScore: -1 };
  #average: WeightData | undefined;
  #best: WeightData | undefined;
  #samplesSeen = 0;
  #yielded = performance.now();

  constructor(options: MemberOptions) {
    const { samples, train, config, engine, preset, member, classes } = options;
    this.#options = options;
    const { epochs, patience } = lengthOf(preset.settings, train.length);
    this.#settings = { ...preset.settings, epochs };
    this.#patience = patience;
    this.#seed = createRandom(preset.settings.seed, 'network', member).integer(2 ** 31);
    const { family } = architecture('spectralmamba', config);
    const fresh = family.initialWeights(config, this.#seed);
    this.#model = { family, config, weights: startingWeights(fresh, options.initial) };
    const all = Int32Array.from({ length: samples.labels.length }, (_, i) => i);
    this.#input = normalise(samples, all, options.normalisation);
    this.#classWeights =
      preset.settings.classWeights === 'none'
        ? undefined
        : balancedWeights(countByClass(samples.labels, train, classes.length));
    this.#fingerprint = fingerprint(options, this.#input);
    const { weightDecay, clipNorm } = preset.settings;
    this.#trainer = engine.trainer(this.#model, {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay,
      ...(clipNorm === undefined ? {} : { clipNorm }),
    });
  }

  get finished(): boolean {
    const { curve, bestEpoch } = this.#progress;
    if (curve.length >= this.#settings.epochs) return true;
    return this.#selects && curve.length - bestEpoch >= this.#patience;
  }

  get #selects(): boolean {
    return this.#settings.patience !== undefined && this.#options.validation.length > 0;
  }

  async resume(): Promise<void> {
    const { folder, onWarning } = this.#options;
    const found = folder === undefined ? undefined : await loadCheckpoint(folder);
    if (found === undefined) return;
    if (found.warning !== undefined) onWarning?.(found.warning);
    const { checkpoint } = found;
    if (checkpoint.record['fingerprint'] !== this.#fingerprint) {
      throw new AppError(
        'bands-mismatch',
        `The checkpoint in ${folder} belongs to other samples or settings. Train again without --resume.`,
        { path: folder },
      );
    }
    this.#trainer.restore(checkpoint.weights, checkpoint.optimizer);
    this.#average = checkpoint.average;
    this.#best = checkpoint.best;
    this.#progress = checkpoint.record['progress'] as Progress;
  }

  async epoch(): Promise<void> {
    const { samples, validation, onEpoch } = this.#options;
    const started = performance.now();
    const epoch = this.#progress.curve.length + 1;
    const loss = await this.#train(epoch);
    this.#follow();
    const point = { epoch, loss, learningRate: learningRateAt(this.#settings, epoch - 1) };
    const figures =
      validation.length === 0 ? undefined : await this.#validate(validation, samples.labels);
    this.#record(figures === undefined ? point : { ...point, validation: figures });
    await this.#save();
    const seconds = (performance.now() - started) / 1000;
    onEpoch({
      ...this.#progress.curve.at(-1)!,
      epochs: this.#settings.epochs,
      samplesPerSecond: this.#options.train.length / seconds,
      etaSeconds: Math.max(0, this.#settings.epochs - epoch) * seconds,
    });
  }

  /** One pass over the training samples; the mean loss. */
  async #train(epoch: number): Promise<number> {
    const { samples, train, classes, onProgress } = this.#options;
    const { batch, sampling } = this.#settings;
    const order = epochOrder(samples.labels, train, {
      sampling,
      classes: classes.length,
      seed: this.#seed,
      epoch,
    });
    let total = 0;
    for (let start = 0; start < order.length; start += batch) {
      const chosen = order.subarray(start, start + batch);
      const rate = learningRateAt(this.#settings, epoch - 1 + start / order.length);
      total += this.#step(chosen, rate, createRandom(this.#seed, 'batch', epoch, start));
      this.#samplesSeen += chosen.length;
      await this.#breathe();
      onProgress?.({ epoch, share: Math.min(1, (start + batch) / order.length) });
    }
    return total / order.length;
  }

  /** One optimiser step; the summed loss of its samples. */
  #step(chosen: Int32Array, rate: number, random: ReturnType<typeof createRandom>): number {
    const { samples } = this.#options;
    const { bands, patch } = samples;
    const { augmentation, labelSmoothing } = this.#settings;
    const size = this.#input.length / samples.labels.length;
    const input = new Float32Array(chosen.length * size);
    const labels = new Int32Array(chosen.length);
    for (const [i, sample] of chosen.entries()) {
      input.set(this.#input.subarray(sample * size, (sample + 1) * size), i * size);
      labels[i] = samples.labels[sample]!;
    }
    if (augmentation !== undefined) {
      const pixels = patch * patch;
      const layout = { count: chosen.length, rows: size / (bands * pixels), bands, pixels };
      augment(input, labels, layout, augmentation, random);
    }
    const loss = this.#trainer.step(
      {
        input,
        labels,
        count: chosen.length,
        labelSmoothing,
        random,
        ...(this.#classWeights === undefined ? {} : { classWeights: this.#classWeights }),
      },
      rate,
    );
    return loss * chosen.length;
  }

  /** Keeps the running mean of the weights; its early epochs count as a plain mean, so that the start is forgotten. */
  #follow(): void {
    const { averaging } = this.#settings;
    if (averaging === 0) return;
    const epoch = this.#progress.curve.length + 1;
    const decay = Math.min(averaging, (epoch - 1) / (epoch + 1));
    const weights = this.#trainer.weights();
    const before = this.#average ?? weights;
    this.#average = new Map(
      [...weights].map(([path, { shape, values }]) => {
        const old = before.get(path)!.values;
        return [path, { shape, values: values.map((x, i) => decay * old[i]! + (1 - decay) * x) }];
      }),
    );
  }

  async #validate(chosen: Int32Array, labels: Int32Array): Promise<ValidationFigures> {
    const { engine, config } = this.#options;
    const weights = this.#average;
    const predictor =
      weights === undefined ? undefined : engine.predictor({ ...this.#model, weights });
    const size = this.#input.length / labels.length;
    const probabilities = new Float32Array(chosen.length * config.classes);
    try {
      for (let start = 0; start < chosen.length; start += 1024) {
        const part = chosen.subarray(start, start + 1024);
        const input = new Float32Array(part.length * size);
        for (const [i, sample] of part.entries()) {
          input.set(this.#input.subarray(sample * size, (sample + 1) * size), i * size);
        }
        const result = (predictor ?? this.#trainer).predict(input, part.length);
        probabilities.set(result, start * config.classes);
        await this.#breathe();
      }
    } finally {
      predictor?.dispose();
    }
    const reference = Int32Array.from(chosen, (sample) => labels[sample]!);
    return validationFigures(probabilities, reference, config.classes);
  }

  #record(point: CurvePoint): void {
    const curve = [...this.#progress.curve, point];
    const score = point.validation?.score ?? -1;
    const better = this.#selects && score > this.#progress.bestScore;
    if (better) this.#best = this.#average ?? this.#trainer.weights();
    this.#progress = better
      ? { curve, bestEpoch: point.epoch, bestScore: score }
      : { ...this.#progress, curve };
  }

  async #save(): Promise<void> {
    const { folder, signal } = this.#options;
    if (folder === undefined) return;
    const optimizer: OptimizerState = this.#trainer.optimizer();
    const checkpoint: Checkpoint = {
      epoch: this.#progress.curve.length,
      weights: this.#trainer.weights(),
      optimizer,
      record: { fingerprint: this.#fingerprint, progress: this.#progress },
      ...(this.#average === undefined ? {} : { average: this.#average }),
      ...(this.#best === undefined ? {} : { best: this.#best }),
    };
    await saveCheckpoint(folder, checkpoint, signal);
  }

  /** Lets signals and messages in a few times a second. @throws AppError `cancelled` */
  async #breathe(): Promise<void> {
    if (performance.now() - this.#yielded > 50) {
      await setImmediate();
      this.#yielded = performance.now();
    }
    if (this.#options.signal?.aborted !== true) return;
    const kept = this.#options.folder === undefined ? '' : ' Go on from it with --resume.';
    throw new AppError('cancelled', `Training was cancelled.${kept}`);
  }

  result(): MemberResult {
    const { curve, bestEpoch } = this.#progress;
    const latest = this.#average ?? this.#trainer.weights();
    return {
      curve,
      weights: this.#best ?? latest,
      bestEpoch: this.#best === undefined ? curve.length : bestEpoch,
      samplesSeen: this.#samplesSeen,
    };
  }

  dispose(): void {
    this.#trainer.dispose();
  }
}

/** Names data, network and settings: a checkpoint of another run is not to be continued. */
function fingerprint(options: MemberOptions, input: Float32Array): string {
  const { samples, train, validation, config, preset, member, initial } = options;
  const hash = createHash('sha256');
  for (const array of [input, samples.labels, train, validation]) {
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  for (const { values } of initial?.values() ?? [])
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  hash.update(JSON.stringify([config, preset.settings, member]));
  return hash.digest('hex');
}
