// Random numbers by place: a value depends on where it is asked for and on nothing else, so windows agree at their seams
// and can be made in any order.

/** Mixes a lattice point and a seed to 32 bits. */
export function hash(x: number, y: number, seed: number): number {
  return finish(Math.imul(x, factorX) ^ Math.imul(y, factorY) ^ Math.imul(seed, factorSeed));
}

const factorX = 0x27d4eb2d;
const factorY = 0x165667b1;
const factorSeed = 0x9e3779b1;

/** The finaliser of MurmurHash3. */
function finish(value: number): number {
  let h = Math.imul(value ^ (value >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Uniform in [0, 1) by place. */
export function uniform(x: number, y: number, seed: number): number {
  return hash(x, y, seed) / 4294967296;
}

/** About standard normal: four bytes of a hash added up, good to 3.4 standard deviations and quick. */
export function nearNormal(bits: number): number {
  const total = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
  // The sum of four uniform bytes has mean 510 and variance 4 · (256² − 1) / 12.
  return (total - 510) / 147.8;
}

/** Gradient noise (Perlin 2002) with wavelength 1: smooth, mean 0, about −0.7 to 0.7. */
export function gradientNoise(x: number, y: number, seed: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const u = x - column;
  const v = y - row;
  // `hash` of the four corners, with what they share done once: this is where most of the time goes.
  const left = Math.imul(column, factorX);
  const right = (left + factorX) | 0;
  const top = Math.imul(row, factorY);
  const lower = (top + factorY) ^ Math.imul(seed, factorSeed);
  const upper = top ^ Math.imul(seed, factorSeed);
  const a = slope(finish(left ^ upper), u, v);
  const b = slope(finish(right ^ upper), u - 1, v);
  const c = slope(finish(left ^ lower), u, v - 1);
  const d = slope(finish(right ^ lower), u - 1, v - 1);
  const fadeX = fade(u);
  const above = a + fadeX * (b - a);
  return above + fade(v) * (c + fadeX * (d - c) - above);
}

const gradientX = Float64Array.from({ length: 16 }, (_, i) => Math.cos((i * Math.PI) / 8));
const gradientY = Float64Array.from({ length: 16 }, (_, i) => Math.sin((i * Math.PI) / 8));

function slope(bits: number, dx: number, dy: number): number {
  return gradientX[bits & 15]! * dx + gradientY[bits & 15]! * dy;
}

function fade(t: number): number {
  return t * t * t * (t * (t * 6 - 15) + 10);
}

/** Noise of several octaves, each of half the wavelength and half the height of the one before. */
export function fractalNoise(x: number, y: number, seed: number, octaves: number): number {
  let sum = 0;
  let height = 1;
  let frequency = 1;
  for (let i = 0; i < octaves; i++) {
    sum += height * gradientNoise(x * frequency, y * frequency, seed + i * 101);
    height *= 0.5;
    frequency *= 2;
  }
  return sum;
}

/** The cell of a jittered grid that a position belongs to (Voronoi), filled in by `nearestCell`. */
export type Cell = {
  /** Hash of the cell, and of the nearest other one. */
  id: number;
  neighbour: number;
  /** Centre. */
  x: number;
  y: number;
  /** About the distance to the border with the neighbour. */
  border: number;
};

/** Finds the Voronoi cell of (x, y) among one random point for each square of side `size`. Writes to `cell`. */
export function nearestCell(x: number, y: number, size: number, seed: number, cell: Cell): void {
  const column = Math.floor(x / size);
  const row = Math.floor(y / size);
  let first = Infinity;
  let second = Infinity;
  for (let j = row - 1; j <= row + 1; j++) {
    for (let i = column - 1; i <= column + 1; i++) {
      const id = hash(i, j, seed);
      const centreX = (i + 0.15 + (0.7 * (id & 0xffff)) / 65536) * size;
      const centreY = (j + 0.15 + (0.7 * (id >>> 16)) / 65536) * size;
      const distance = (x - centreX) ** 2 + (y - centreY) ** 2;
      if (distance < first) {
        second = first;
        first = distance;
        cell.neighbour = cell.id;
        cell.id = id;
        cell.x = centreX;
        cell.y = centreY;
      } else if (distance < second) {
        second = distance;
        cell.neighbour = id;
      }
    }
  }
  cell.border = (Math.sqrt(second) - Math.sqrt(first)) / 2;
}
