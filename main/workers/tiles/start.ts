import type { TileScaling } from '../../../app/learn/tileScaling.ts';
import type { SpectralGptConfig } from '../../../app/model/spectralGpt/configuration.ts';
import type { TileConfig } from '../../../app/model/tileNetwork.ts';
import type { WeightData } from '../../../app/model/weights.ts';
import type { WantedBand } from '../../../app/raster/bandContract.ts';

/** The sizes of an encoder that a new network takes over. */
export type EncoderSizes = Pick<
  SpectralGptConfig,
  'embedDim' | 'depth' | 'heads' | 'patch' | 'bands' | 'spectralPatch' | 'imageSize'
>;

/** Trained weights that fine-tuning starts from. */
export type StartModel = {
  /** The file that holds them. */
  readonly path: string;
  readonly sizes: Partial<EncoderSizes> | undefined;
  /** Absent for weights without a card: then the scene's own. */
  readonly bands: readonly WantedBand[] | undefined;
  /** Absent where it was not published with the weights. */
  readonly scaling: TileScaling | undefined;
  /** Parameters of a network: what the file has, positions interpolated, the rest fresh; says what became of what. */
  weights(
    config: TileConfig,
    options: {
      readonly seed: number;
      /** Names of the bands of the network, in its order. */
      readonly bands: readonly string[];
      readonly note: (message: string) => void;
    },
  ): Promise<WeightData>;
};
