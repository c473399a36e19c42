import type { Spectra } from '../../app/learn/normalise.ts';
import type { Preset } from '../../app/learn/settings.ts';
import type { WeightData } from '../../app/model/weights.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import type { Engine } from './engine.ts';
import type { ValidationFigures } from './validation.ts';

/** One epoch of the training curve. Nothing in it depends on the clock. */
export type CurvePoint = {
  /** From 1. */
  readonly epoch: number;
  readonly learningRate: number;
  /** Mean training loss. */
  readonly loss: number;
  readonly validation?: ValidationFigures;
};

/** Labelled spectra: `labels` holds the index into the class list, from 0, of every sample. */
export type LabelledSpectra = Spectra & { readonly labels: Int32Array };

/** What one network reports after every epoch. */
export type MemberReport = CurvePoint & {
  readonly epochs: number;
  readonly samplesPerSecond: number;
  readonly etaSeconds: number;
};

/** What the user sees after every epoch; `epoch` and `epochs` count over all networks, which may stop early. */
export type EpochReport = MemberReport & {
  /** Network being trained, from 1, and how many there are. */
  readonly member: number;
  readonly members: number;
};

export type FitOptions = {
  readonly samples: LabelledSpectra;
  /** Indices of the samples to learn from, and of those that choose the epoch. Where the latter are none,
   * the last epoch counts. */
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly classes: ClassScheme;
  /** Network and settings; `{...presetNamed(name), settings: {...}}` to change any. */
  readonly preset: Preset;
  readonly engine: Engine;
  /** Weights to start from, by path; what it lacks, or has in another shape, starts fresh. */
  readonly initial?: WeightData;
  /** Folder of checkpoints; absent = none are written. */
  readonly folder?: string;
  /** Go on from the newest checkpoint in `folder`. Otherwise what is there is passed over. */
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  readonly onEpoch?: (report: EpochReport) => void;
  /** Within an epoch: share of it done, 0 to 1. */
  readonly onProgress?: (progress: { readonly epoch: number; readonly share: number }) => void;
  /** Something the user should know, e.g. that a damaged checkpoint was passed over. */
  readonly onWarning?: (message: string) => void;
};
