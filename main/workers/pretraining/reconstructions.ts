import { encode } from 'fast-png';
import { mixBands, type TileScaling, unmixing } from '../../../app/learn/tileScaling.ts';
import { type SpectralGptConfig, tokenGrid } from '../../../app/model/spectralGpt/configuration.ts';
import { maskTokens, reconstruct } from '../../../app/model/spectralGpt/pretraining.ts';
import type { WeightData } from '../../../app/model/weights.ts';
import { createRandom } from '../../../app/random.ts';
import type { Engine } from '../../engines/engine.ts';
import type { PatchSampler } from '../tiles/patchSampler.ts';

/** One band of one tile: the image, what the network saw of it, and what it made of that. Grey PNGs of the same stretch. */
export type BandPictures = {
  readonly image: Uint8Array;
  readonly seen: Uint8Array;
  readonly reconstructed: Uint8Array;
};

/** What a pre-trained network makes of tiles that it was not trained on in this form. */
export type Reconstructions = {
  /** Pixels a side. */
  readonly side: number;
  readonly bands: readonly {
    readonly name: string;
    /** Share of the variance of the removed tokens that is explained: 1 − squared error / squares about the mean. */
    readonly explained: number;
    /** Root of the mean squared error of the removed tokens, in scaled units. */
    readonly rmse: number;
    /** By tile. */
    readonly pictures: readonly BandPictures[];
  }[];
};

/** Tiles that figures are taken from, and those of them that are shown. */
const [tiles, shown] = [32, 3] as const;

/**
 * Takes tokens out of tiles of their own draw and compares the reconstruction with them, band by band; of whitened input as bands that
 * are each scaled by themselves.
 */
export async function measureReconstruction(
  engine: Engine,
  weights: WeightData,
  {
    config,
    scaling,
    sampler,
    seed,
  }: {
    readonly config: SpectralGptConfig;
    readonly scaling: TileScaling;
    readonly sampler: PatchSampler;
    readonly seed: number;
  },
): Promise<Reconstructions> {
  const { bands, imageSize: side } = config;
  const { tokens } = tokenGrid(config);
  const mixed = unmixing(scaling);
  const network = engine.network(weights);
  const figures = Array.from({ length: bands }, () => new Explained());
  const pictures: BandPictures[][] = Array.from({ length: bands }, () => []);
  try {
    for (let tile = 0; tile < tiles; tile++) {
      const values = await sampler.batch({ count: 1, scaling }, 'report', tile);
      const random = createRandom(seed, 'mask', 'report', tile);
      const noise = Float32Array.from({ length: tokens }, () => random.uniform());
      const masking = maskTokens(noise, tokens, config.maskRatio);
      const [cells] = network.evaluate(
        new Map([['image', { shape: [1, bands, side, side], values }]]),
        (ops, parameters, inputs) => [
          reconstruct({ ops, weights: parameters, config }, inputs.get('image')!, masking)
            .prediction,
        ],
      );
      const removed = removedPixels(masking.removed, config);
      // Where a token was seen, the band is what it was: mixed bands need all of a pixel's.
      const made = imageOf(cells!, config).map((one, i) => (removed[i] === 0 ? values[i]! : one));
      if (mixed !== undefined) for (const all of [values, made]) mixBands(all, side * side, mixed);
      for (let band = 0; band < bands; band++) {
        const part = (all: Float32Array): Float32Array =>
          all.subarray(band * side * side, (band + 1) * side * side);
        const [image, filled, gone] = [part(values), part(made), part(removed)];
        figures[band]!.add(image, filled, gone);
        if (tile < shown) pictures[band]!.push(picturesOf(image, filled, gone, side));
      }
    }
  } finally {
    network.dispose();
  }
  return {
    side,
    bands: sampler.bands.map(({ name }, band) => ({
      name,
      ...figures[band]!.result(),
      pictures: pictures[band]!,
    })),
  };
}

/** Cells (tokens, spectralPatch · patch²) as an image (bands, S, S). */
export function imageOf(cells: Float32Array, config: SpectralGptConfig): Float32Array {
  const { imageSize: size, patch, spectralPatch } = config;
  const { side } = tokenGrid(config);
  const image = new Float32Array(config.bands * size * size);
  for (let i = 0; i < cells.length; i++) {
    const x = i % patch;
    const y = Math.floor(i / patch) % patch;
    const band = Math.floor(i / patch ** 2) % spectralPatch;
    const token = Math.floor(i / (patch ** 2 * spectralPatch));
    const [column, row] = [token % side, Math.floor(token / side) % side];
    const group = Math.floor(token / side ** 2);
    const at = (group * spectralPatch + band) * size * size;
    image[at + (row * patch + y) * size + column * patch + x] = cells[i]!;
  }
  return image;
}

/** 1 where a pixel's token was taken out, (bands, S, S). */
function removedPixels(removed: Float32Array, config: SpectralGptConfig): Float32Array {
  const cell = config.spectralPatch * config.patch ** 2;
  const cells = Float32Array.from(
    { length: removed.length * cell },
    (_, i) => removed[Math.floor(i / cell)]!,
  );
  return imageOf(cells, config);
}

/** Squared errors beside squares about the mean, over removed pixels. */
class Explained {
  #count = 0;
  #sum = 0;
  #squares = 0;
  #errors = 0;

  add(image: Float32Array, made: Float32Array, removed: Float32Array): void {
    for (let i = 0; i < image.length; i++) {
      if (removed[i] === 0) continue;
      this.#count += 1;
      this.#sum += image[i]!;
      this.#squares += image[i]! ** 2;
      this.#errors += (image[i]! - made[i]!) ** 2;
    }
  }

  result(): { readonly explained: number; readonly rmse: number } {
    const about = this.#squares - this.#sum ** 2 / this.#count;
    return {
      explained: about > 0 ? 1 - this.#errors / about : 0,
      rmse: Math.sqrt(this.#errors / this.#count),
    };
  }
}

function picturesOf(
  image: Float32Array,
  made: Float32Array,
  removed: Float32Array,
  side: number,
): BandPictures {
  const sorted = Float32Array.from(image).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!;
  const [low, high] = [at(0.02), at(0.98)];
  const grey = (value: number): number =>
    Math.round(255 * Math.min(1, Math.max(0, (value - low) / Math.max(1e-9, high - low))));
  const picture = (of: (i: number) => readonly [grey: number, alpha: number]): Uint8Array => {
    const data = new Uint8Array(2 * image.length);
    for (let i = 0; i < image.length; i++) data.set(of(i), 2 * i);
    return encode({ width: side, height: side, data, channels: 2 });
  };
  return {
    image: picture((i) => [grey(image[i]!), 255]),
    seen: picture((i) => [grey(image[i]!), removed[i] === 1 ? 0 : 255]),
    reconstructed: picture((i) => [grey(removed[i] === 1 ? made[i]! : image[i]!), 255]),
  };
}
