import { gradientNoise } from './noise.ts';
import type { Layout } from './site.ts';

// Lines that wind through the whole landscape: position across as a smooth function of position along, repeated at a period.

type Line = {
  /** Where the first one lies, as a share of the scene. */
  readonly place: number;
  readonly period: number;
  readonly halfWidth: number;
  /** Height and wavelength of its bends: long ones, then short ones. */
  readonly bends: readonly [number, number, number, number];
  readonly salt: number;
};

const river: Line = {
  place: 0.63,
  period: 1150,
  halfWidth: 2.6,
  bends: [120, 330, 22, 70],
  salt: 201,
};
const highway: Line = {
  place: 0.31,
  period: 980,
  halfWidth: 1.9,
  bends: [70, 420, 0, 1],
  salt: 211,
};
const crossRoad: Line = {
  place: 0.27,
  period: 520,
  halfWidth: 1.1,
  bends: [50, 260, 6, 60],
  salt: 223,
};
const lane: Line = { place: 0.78, period: 610, halfWidth: 0.9, bends: [60, 210, 8, 50], salt: 227 };

/** Distance from the bank of the nearest river, negative in it. */
export function riverDistance(layout: Layout, x: number, y: number): number {
  // Banks are uneven: a river is not a canal.
  const uneven = 1.1 * gradientNoise(x / 18, y / 18, layout.seed + 199);
  return toLine(layout, river, x, y) + uneven;
}

/** Distance from the edge of the nearest road, negative on it. */
export function roadDistance(layout: Layout, x: number, y: number): number {
  return Math.min(
    toLine(layout, highway, y, x),
    toLine(layout, crossRoad, x, y),
    toLine(layout, lane, y, x),
  );
}

/** Distance from the edge of a family of lines along the first coordinate. */
function toLine(layout: Layout, line: Line, along: number, across: number): number {
  const first = line.place * layout.extent;
  const number = Math.round((across - first) / line.period);
  const centre = first + number * line.period;
  // Bends must leave neighbours apart; far from the line its exact course does not matter.
  if (Math.abs(across - centre) > line.bends[0] + line.bends[2] + 40) return 40;
  const seed = layout.seed + line.salt + number * 17;
  const here = bend(line, along, seed);
  const slope = bend(line, along + 1, seed) - here;
  return (
    Math.abs(across - centre - here) / Math.sqrt(1 + slope * slope) -
    line.halfWidth / Math.sqrt(layout.scale)
  );
}

function bend(line: Line, along: number, seed: number): number {
  const [height, wavelength, small, short] = line.bends;
  const long = height * gradientNoise(along / wavelength, 0.5, seed);
  return small === 0 ? long : long + small * gradientNoise(along / short, 0.5, seed + 1);
}
