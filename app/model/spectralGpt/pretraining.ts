import { layerNorm, linear, weight } from '../layers.ts';
import type { Ops } from '../ops.ts';
import { type Reconstruction, tokenGrid } from './configuration.ts';
import {
  block,
  cutIntoCells,
  embedCells,
  encode,
  normEpsilon,
  type Pass,
  positions,
} from './encoder.ts';

/** Which tokens of each sample stay, in shuffled order, and how the shuffle is undone. */
export type Masking = {
  readonly kept: number;
  /** (b · kept) token of each kept place. */
  readonly keptTokens: Int32Array;
  /** (b · tokens) place of each token in the shuffle: below `kept` = visible. */
  readonly places: Int32Array;
  /** (b · tokens) 1 = removed. */
  readonly removed: Float32Array;
};

/** Tokens by ascending noise: the first ⌊tokens · (1 − ratio)⌋ stay. `noise` is (b · tokens), i.i.d. */
export function maskTokens(noise: Float32Array, tokens: number, ratio: number): Masking {
  const batch = noise.length / tokens;
  // As the reference: the product is rounded down; 1e-9 keeps 0.1 · 10 from being 0.99…
  const kept = Math.max(1, Math.floor(tokens * (1 - ratio) + 1e-9));
  const keptTokens = new Int32Array(batch * kept);
  const places = new Int32Array(noise.length);
  const removed = new Float32Array(noise.length).fill(1);
  for (let sample = 0; sample < batch; sample++) {
    const row = noise.subarray(sample * tokens, (sample + 1) * tokens);
    const order = Int32Array.from({ length: tokens }, (_, i) => i).sort(
      (a, b) => row[a]! - row[b]! || a - b,
    );
    for (const [place, token] of order.entries()) {
      places[sample * tokens + token] = place;
      if (place >= kept) continue;
      keptTokens[sample * kept + place] = token;
      removed[sample * tokens + token] = 0;
    }
  }
  return { kept, keptTokens, places, removed };
}

/** What one masked pass gives. */
export type Reconstructed<T> = {
  /** (b, tokens, spectralPatch · patch²) */
  readonly prediction: T;
  /** The cells of the image, likewise. */
  readonly target: T;
  /** Scalar, (1). */
  readonly loss: T;
  /** The loss by its parts before they are weighed; scalars, (1). */
  readonly parts: {
    readonly token: T;
    readonly overGroups?: T;
    readonly overPlaces?: T;
  };
};

/** Removes tokens, encodes what is left, and reconstructs all cells (Hong et al. 2024, section 3; He et al. 2022). */
export function reconstruct<T>(pass: Pass<T>, image: T, masking: Masking): Reconstructed<T> {
  const { ops, weights, config } = pass;
  const { tokens } = tokenGrid(config);
  const target = cutIntoCells(pass, image);
  const batch = ops.shape(image)[0]!;
  const embedded = embedCells(pass, target);
  const placed = ops.add(embedded, positions(pass, ''));
  const visible = ops.gatherRows(placed, masking.keptTokens, masking.kept);
  pass.observe?.('visible_tokens_plus_pos', visible);
  const latent = layerNorm(ops, weights, 'norm', encode(pass, visible), normEpsilon);
  pass.observe?.('latent', latent);
  const prediction = decode(pass, latent, masking, batch);
  pass.observe?.('pred', prediction);
  const errors = { prediction, target, removed: masking.removed, tokens };
  const parts = reconstructionParts(pass, errors);
  const loss = weighted(ops, parts, config.reconstruction);
  return { prediction, target, loss, parts };
}

function decode<T>(pass: Pass<T>, latent: T, masking: Masking, batch: number): T {
  const { ops, weights, config } = pass;
  const { embedDim, depth, heads } = config.decoder;
  const { tokens } = tokenGrid(config);
  const visible = linear(ops, weights, 'decoder_embed', latent);
  // One mask token stands behind the visible ones; every removed token takes that row.
  const blank = ops.add(
    ops.reshape(weight(weights, 'mask_token'), [1, 1, embedDim]),
    ops.constant(new Float32Array(batch), [batch, 1, 1]),
  );
  const rows = masking.places.map((place) => Math.min(place, masking.kept));
  const all = ops.gatherRows(ops.concat([visible, blank], 1), rows, tokens);
  let x = ops.add(all, positions(pass, 'decoder_'));
  pass.observe?.('decoder_input', x);
  for (let i = 0; i < depth; i++) x = block(pass, `decoder_blocks.${i}`, x, { heads, dropPath: 0 });
  const normed = layerNorm(ops, weights, 'decoder_norm', x, normEpsilon);
  pass.observe?.('decoder_normed', normed);
  return linear(ops, weights, 'decoder_pred', normed);
}

type Errors<T> = {
  readonly prediction: T;
  readonly target: T;
  readonly removed: Float32Array;
  readonly tokens: number;
};

function reconstructionParts<T>(pass: Pass<T>, errors: Errors<T>): Reconstructed<T>['parts'] {
  const { ops, config } = pass;
  const { overGroups, overPlaces } = config.reconstruction;
  const { groups, side } = tokenGrid(config);
  const { prediction, target } = errors;
  const [batch, , cell] = ops.shape(target) as [number, number, number];
  const byGroup = (x: T): T => ops.reshape(x, [batch, groups, side * side, cell]);
  const over = (x: T, axis: number, of: 'sum' | 'mean'): T =>
    of === 'sum' ? ops.sum(byGroup(x), [axis]) : ops.mean(byGroup(x), [axis]);
  return {
    token: tokenError(pass, errors),
    ...(overGroups && {
      overGroups: meanSquare(
        ops,
        over(prediction, 1, overGroups.of),
        over(target, 1, overGroups.of),
      ),
    }),
    ...(overPlaces && {
      overPlaces: meanSquare(
        ops,
        over(prediction, 2, overPlaces.of),
        over(target, 2, overPlaces.of),
      ),
    }),
  };
}

/** Mean over removed tokens of all samples of the mean squared error of a cell. */
function tokenError<T>({ ops, config }: Pass<T>, { prediction, target, removed }: Errors<T>): T {
  const wanted = config.reconstruction.normalisedTokens ? normalisedCells(ops, target) : target;
  const difference = ops.subtract(prediction, wanted);
  const byToken = ops.mean(ops.multiply(difference, difference), [2]); // [b, tokens]
  const share = removed.reduce((sum, one) => sum + one, 0);
  const mask = ops.constant(
    removed.map((one) => one / share),
    ops.shape(byToken),
  );
  return ops.reshape(ops.sum(ops.multiply(byToken, mask), [0, 1]), [1]);
}

function normalisedCells<T>(ops: Ops<T>, cells: T): T {
  const count = ops.shape(cells)[2]!;
  const centred = ops.subtract(cells, ops.mean(cells, [2], true));
  const squares = ops.mean(ops.multiply(centred, centred), [2], true);
  const variance = ops.multiply(squares, ops.constant([count / (count - 1)], [1]));
  return ops.divide(centred, ops.sqrt(ops.add(variance, ops.constant([normEpsilon], [1]))));
}

function meanSquare<T>(ops: Ops<T>, a: T, b: T): T {
  const difference = ops.subtract(a, b);
  const axes = ops.shape(difference).map((_, axis) => axis);
  return ops.reshape(ops.mean(ops.multiply(difference, difference), axes), [1]);
}

function weighted<T>(
  ops: Ops<T>,
  parts: Reconstructed<T>['parts'],
  { overGroups, overPlaces }: Reconstruction,
): T {
  let sum = parts.token;
  for (const [part, weightOf] of [
    [parts.overGroups, overGroups?.weight],
    [parts.overPlaces, overPlaces?.weight],
  ] as const)
    if (part !== undefined && weightOf !== undefined)
      sum = ops.add(sum, ops.multiply(part, ops.constant([weightOf], [1])));
  return sum;
}
