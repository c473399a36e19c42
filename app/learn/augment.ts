import type { Random } from '../random.ts';
import type { Augmentation } from './settings.ts';

/** What the rows of a batch are. */
export type BatchLayout = {
  /** Samples in the batch. */
  readonly count: number;
  /** Rows of a sample (views), each of `bands` bands of `pixels` pixels. */
  readonly rows: number;
  readonly bands: number;
  readonly pixels: number;
};

/**
 * Changes a batch of normalised samples in place; nothing else. Mixing partners come from the batch itself, of the same
 * class, so labels stay true. Draws happen in sample order: the same random sequence gives the same batch.
 */
export function augment(
  input: Float32Array,
  labels: Int32Array,
  layout: BatchLayout,
  settings: Augmentation,
  random: Random,
): void {
  const { count, rows, bands, pixels } = layout;
  const size = rows * bands * pixels;
  if (settings.mixShare > 0) mixWithinClass(input, labels, size, settings.mixShare, random);
  for (let i = 0; i < count; i++) {
    const sample = input.subarray(i * size, (i + 1) * size);
    distort(sample, layout, settings, random);
    if (random.uniform() < settings.maskShare) mask(sample, layout, settings, random);
  }
}

/** Factor, shift, drift and noise; the shift and the drift touch the first view only (a slope knows no level). */
function distort(
  sample: Float32Array,
  { rows, bands, pixels }: BatchLayout,
  settings: Augmentation,
  random: Random,
): void {
  const factor = Math.exp(settings.scale * random.normal());
  const shift = settings.shift * random.normal();
  const tilt = settings.tilt * random.normal();
  for (let row = 0; row < rows; row++) {
    for (let band = 0; band < bands; band++) {
      const drift = row === 0 ? shift + tilt * ((2 * band) / Math.max(1, bands - 1) - 1) : 0;
      for (let pixel = 0; pixel < pixels; pixel++) {
        const at = (row * bands + band) * pixels + pixel;
        const noise = settings.noise === 0 ? 0 : settings.noise * random.normal();
        sample[at] = sample[at]! * factor + drift + noise;
      }
    }
  }
}

/** A run of bands to zero, which is their mean. */
function mask(
  sample: Float32Array,
  { rows, bands, pixels }: BatchLayout,
  settings: Augmentation,
  random: Random,
): void {
  const longest = Math.max(1, Math.round(settings.maskLength * bands));
  const length = 1 + random.integer(longest);
  const from = random.integer(Math.max(1, bands - length + 1));
  for (let row = 0; row < rows; row++) {
    const start = (row * bands + from) * pixels;
    sample.fill(0, start, start + length * pixels);
  }
}

function mixWithinClass(
  input: Float32Array,
  labels: Int32Array,
  size: number,
  share: number,
  random: Random,
): void {
  const original = input.slice();
  const members = new Map<number, number[]>();
  for (const [i, label] of labels.entries()) {
    const list = members.get(label);
    if (list === undefined) members.set(label, [i]);
    else list.push(i);
  }
  for (const [i, label] of labels.entries()) {
    const partners = members.get(label)!;
    const chosen = random.uniform() < share;
    const partner = partners[random.integer(partners.length)]!;
    const own = 0.5 + 0.5 * random.uniform();
    if (!chosen || partner === i) continue;
    for (let k = 0; k < size; k++) {
      input[i * size + k] =
        own * original[i * size + k]! + (1 - own) * original[partner * size + k]!;
    }
  }
}
