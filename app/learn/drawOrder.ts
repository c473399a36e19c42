import { createRandom } from '../random.ts';

/**
 * Numbers 0 … count − 1 in an endless sequence of shuffles: the n-th draw, for n from 0. Every number comes once before any
 * comes again, so an epoch that is no multiple of a step drops nothing: the rest comes first in the next one.
 */
export function drawOrder(count: number, seed: number): (draw: number) => number {
  const passes = new Map<number, Int32Array>();
  return (draw) => {
    const pass = Math.floor(draw / count);
    let order = passes.get(pass);
    if (order === undefined) {
      order = createRandom(seed, 'tile order', pass).shuffle(
        Int32Array.from({ length: count }, (_, i) => i),
      );
      // Batches are read ahead, so the pass before may still be asked for; older ones are not.
      for (const old of passes.keys()) if (old < pass - 1) passes.delete(old);
      passes.set(pass, order);
    }
    return order[draw % count]!;
  };
}
