import type { Output } from '../../../app/contract/api.ts';
import type { FineTuningPlan, TileTaskKind } from '../../../app/learn/fineTuning.ts';
import type { TileScaling } from '../../../app/learn/tileScaling.ts';
import type { TileConfig } from '../../../app/model/tileNetwork.ts';
import type { WantedBand } from '../../../app/raster/bandContract.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';
import type { CourseBatch } from '../../engines/course.ts';
import type { Network } from '../../engines/engine.ts';

/** Figures on the validation part. */
export type TileScore = {
  /** What training keeps the best of. */
  readonly score: number;
  /** Rows of the curve, by the names that people know. */
  readonly figures: Readonly<Record<string, number>>;
  readonly accuracy: Output<'train'>['validation'];
  readonly perClass: Output<'train'>['perClass'];
  /** Of change: the probability from which a pixel is changed. */
  readonly threshold?: number;
};

/** Which tiles are wanted: `part` of them, the same for the same epoch and number. */
export type TileRequest = {
  readonly config: TileConfig;
  readonly plan: FineTuningPlan;
  readonly epoch: number;
  /** Number of the part in the epoch, from 0. */
  readonly part: number;
};

/** What a task brings to fine-tuning: its labelled tiles, how they are learned, and how the result is judged. */
export type TileTask = {
  readonly kind: TileTaskKind;
  readonly classes: ClassScheme;
  /** Of the model, in its order. */
  readonly bands: readonly WantedBand[];
  readonly scaling: TileScaling;
  /** Metres a pixel. */
  readonly resolution: number | undefined;
  /** Pixels a side that a labelled tile has in its own data, before it is brought to the network's size. */
  readonly tileSide?: number | undefined;
  /** What the tiles come from, for the record; `role` is scene, labels … */
  readonly files: readonly { readonly role: string; readonly uri: string }[];
  /** Labelled pixels of the dense tasks, tiles of the others. */
  readonly samples: { readonly training: number; readonly validation: number };
  readonly split: { readonly kind: string; readonly settings: Readonly<Record<string, unknown>> };
  /** Tiles to be had for training; absent where they are drawn at will. */
  readonly tiles: number | undefined;
  /** Names labels and split: a checkpoint of other data is not continued. */
  readonly fingerprint: string;
  batch(request: TileRequest): Promise<CourseBatch>;
  validate(
    network: Pick<Network, 'evaluate'>,
    request: Pick<TileRequest, 'config' | 'plan'>,
  ): Promise<TileScore>;
  close(): Promise<void>;
};
