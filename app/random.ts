// Random numbers by counter, not by stream: each draw sequence is named by (seed, path), so a resumed run needs to store
// nothing but its position, and two parts of the program never share a stream.

/** A generator of one named sequence. */
export type Random = {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Integer in [0, n). */
  integer(n: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** Shuffles in place (Fisher–Yates) and returns its argument. */
  shuffle<A extends { [index: number]: number; length: number }>(values: A): A;
};

/** Mixes 32 bits (the finaliser of MurmurHash3: every input bit reaches every output bit). */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** The sequence named by a seed and a path of numbers or words, e.g. `createRandom(seed, 'shuffle', epoch)`. */
export function createRandom(seed: number, ...path: readonly (number | string)[]): Random {
  let key = mix(seed ^ 0x9e3779b9);
  for (const part of path) {
    if (typeof part === 'number') key = mix(key ^ mix(part + 0x632be5ab));
    else
      for (let i = 0; i < part.length; i++) key = mix(key ^ mix(part.charCodeAt(i) + 0x7f4a7c15));
  }
  const [a, b, c, d] = [mix(key + 1), mix(key + 2), mix(key + 3), mix(key + 4)];
  return generator(a, b, c, d);
}

/** xoshiro128** 1.1 (Blackman and Vigna 2018): 128 bits of state, passes BigCrush. */
function generator(a: number, b: number, c: number, d: number): Random {
  const next = (): number => {
    let result = Math.imul(b, 5);
    result = Math.imul((result << 7) | (result >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const random: Random = {
    uniform: () => next() / 4294967296,
    integer: (n) => Math.floor((next() / 4294967296) * n),
    normal: () => {
      const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
      return radius * Math.cos(2 * Math.PI * random.uniform());
    },
    shuffle: (values) => {
      for (let i = values.length - 1; i > 0; i--) {
        const j = random.integer(i + 1);
        const kept = values[i]!;
        values[i] = values[j]!;
        values[j] = kept;
      }
      return values;
    },
  };
  return random;
}
