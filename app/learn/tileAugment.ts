import type { Random } from '../random.ts';
import type { Region } from './tileResize.ts';

/**
 * A random part of a tile (Szegedy et al. 2015), to be brought to the size of the whole: 20 to 100 % of its area, sides 3 : 4 to
 * 4 : 3, as the released fine-tuning draws it; the whole where ten draws give none.
 */
export function drawCrop(random: Random): Region {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = 0.2 + random.uniform() * 0.8;
    const ratio = Math.exp((random.uniform() * 2 - 1) * Math.log(4 / 3));
    const [width, height] = [Math.sqrt(area * ratio), Math.sqrt(area / ratio)];
    if (width > 1 || height > 1) continue;
    return { x: random.uniform() * (1 - width), y: random.uniform() * (1 - height), width, height };
  }
  return { x: 0, y: 0, width: 1, height: 1 };
}

/**
 * Erases a rectangle of a tile (bands, side, side), in place, with probability `chance` (Zhong et al. 2020, "Random Erasing";
 * the fine-tuning of ViTs fills it with noise a pixel): 2 to 33 % of the area, sides 0.3 to 3.3 to each other. Values are
 * scaled, so the noise has the mean 1/2 and the deviation 1/4 that two-sigma scaling gives a band.
 */
export function eraseRectangle(
  tile: Float32Array,
  side: number,
  random: Random,
  chance = 0.25,
): void {
  if (random.uniform() >= chance) return;
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = side * side * (0.02 + random.uniform() * (1 / 3 - 0.02));
    const ratio = Math.exp(Math.log(0.3) + random.uniform() * 2 * Math.log(1 / 0.3));
    const height = Math.round(Math.sqrt(area * ratio));
    const width = Math.round(Math.sqrt(area / ratio));
    if (height >= side || width >= side || height === 0 || width === 0) continue;
    const [y, x] = [random.integer(side - height + 1), random.integer(side - width + 1)];
    for (let plane = 0; plane < tile.length; plane += side * side)
      for (let row = y; row < y + height; row++)
        for (let column = x; column < x + width; column++)
          tile[plane + row * side + column] = Math.min(1, Math.max(0, 0.5 + random.normal() / 4));
    return;
  }
}

/** Standard deviation of the logarithm of the light: slopes, haze and the state of a field make as much. */
const lightSpread = 0.15;

/**
 * How much more or less light a tile is shown in: log-normal. A few polygons of a class hold few of the brightnesses that it comes in,
 * and a network that has seen no others makes brightness a feature of the class.
 */
export const drawLight = (random: Random): number => Math.exp(lightSpread * random.normal());

/** A rectangle of a tile, `right` and `bottom` exclusive. */
export type Box = {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
};

/** How the tiles of one step are mixed with their partners; `share` is what remains of the tile itself. */
export type Mixing =
  | { readonly kind: 'mixup'; readonly share: number }
  | { readonly kind: 'cutmix'; readonly share: number; readonly box: Box }
  | undefined;

/**
 * Draws how one step is mixed: mixup with Beta(0.8, 0.8) (Zhang et al. 2018) or CutMix with Beta(1, 1) (Yun et al. 2019),
 * one or the other with even odds where both are wanted. One draw holds for the whole step, whatever parts it is made of.
 */
export function drawMixing(
  wanted: { readonly mixup: boolean; readonly cutmix: boolean },
  side: number,
  random: Random,
): Mixing {
  const { mixup, cutmix } = wanted;
  if (!mixup && !cutmix) return undefined;
  if (cutmix && (!mixup || random.uniform() < 0.5)) {
    const box = cutBox(1 - beta(1, random), side, random);
    const cut = (box.right - box.left) * (box.bottom - box.top);
    return { kind: 'cutmix', box, share: 1 - cut / (side * side) };
  }
  return { kind: 'mixup', share: beta(0.8, random) };
}

/** A box of `area` of the tile around a place anywhere in it, cut off at the edges. */
export function cutBox(area: number, side: number, random: Random): Box {
  const half = Math.floor(Math.floor(side * Math.sqrt(area)) / 2);
  const [x, y] = [random.integer(side), random.integer(side)];
  return {
    left: Math.max(0, x - half),
    top: Math.max(0, y - half),
    right: Math.min(side, x + half),
    bottom: Math.min(side, y + half),
  };
}

/** Mixes a tile (bands, side, side) with its partner, in place. */
export function mixTile(
  tile: Float32Array,
  partner: Float32Array,
  side: number,
  mixing: Mixing,
): void {
  if (mixing === undefined) return;
  if (mixing.kind === 'mixup') {
    const { share } = mixing;
    for (let i = 0; i < tile.length; i++) tile[i] = tile[i]! * share + partner[i]! * (1 - share);
    return;
  }
  const { left, top, right, bottom } = mixing.box;
  for (let plane = 0; plane < tile.length; plane += side * side)
    for (let row = top; row < bottom; row++) {
      const [from, to] = [plane + row * side + left, plane + row * side + right];
      tile.set(partner.subarray(from, to), from);
    }
}

/**
 * Target of a tile of class `label` mixed with one of class `partner`: each one-hot, of which `smoothing` is given to all
 * classes alike (off = s / C, on = 1 − s + off), weighed by `share`.
 */
export function softTarget(
  classes: number,
  label: number,
  { partner = label, share = 1, smoothing = 0 }: SoftTargetOptions = {},
): Float32Array {
  const target = new Float32Array(classes).fill(smoothing / classes);
  target[label]! += (1 - smoothing) * share;
  target[partner]! += (1 - smoothing) * (1 - share);
  return target;
}

type SoftTargetOptions = {
  readonly partner?: number;
  readonly share?: number;
  readonly smoothing?: number;
};

/** Beta(a, a) from two gamma variables. */
function beta(shape: number, random: Random): number {
  const [a, b] = [gamma(shape, random), gamma(shape, random)];
  return a + b === 0 ? 0.5 : a / (a + b);
}

/** Gamma(shape, 1) (Marsaglia and Tsang 2000), raised by one below 1. */
function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v))
      return d * v;
  }
}
