import { extent } from 'd3-array';
import { shortText } from '../../words/numbers.ts';

/** A measured value with its spread; `y` null: nothing there, the line has a gap. */
export type Point = {
  readonly x: number;
  readonly y: number | null;
  readonly low?: number | null;
  readonly high?: number | null;
};

/** What one line or one cloud of dots shows. */
export type Series = {
  readonly id: string;
  readonly name: string;
  readonly kind: 'line' | 'dots';
  /** A CSS colour; that of text where absent. */
  readonly color?: string;
  /** Place in the tables of dashes and markers: tells series apart without their colour. */
  readonly pattern: number;
  readonly points: readonly Point[];
};

export type Axis = {
  /** With its unit. */
  readonly label: string;
  /** Worked out from the series where absent. */
  readonly domain?: readonly [number, number];
  /** Only whole numbers get a tick, as epochs and band numbers. */
  readonly whole?: boolean;
};

/** Pixels of the plot, without axes. */
export type Plot = {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly width: number;
  readonly height: number;
};

const dashes = ['', '7 3', '2 3', '9 3 2 3', '4 2', '12 4', '1 2', '9 3 2 3 2 3'] as const;

/** The dashes of a series as `stroke-dasharray` wants them; none for the first. */
export const dashOf = (pattern: number): string | undefined =>
  dashes[pattern % dashes.length] || undefined;

type Marker = (x: number, y: number, r: number) => string;

/** Outlines of markers about (x, y): circle, square, triangle, diamond, cross, plus, triangle downwards. */
const markers: readonly Marker[] = [
  (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`,
  (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}Z`,
  (x, y, r) => `M${x} ${y - 1.2 * r}L${x + 1.1 * r} ${y + r}H${x - 1.1 * r}Z`,
  (x, y, r) => `M${x} ${y - 1.3 * r}L${x + 1.3 * r} ${y}L${x} ${y + 1.3 * r}L${x - 1.3 * r} ${y}Z`,
  (x, y, r) => `M${x - r} ${y - r}l${2 * r} ${2 * r}M${x + r} ${y - r}l${-2 * r} ${2 * r}`,
  (x, y, r) => `M${x - 1.2 * r} ${y}h${2.4 * r}M${x} ${y - 1.2 * r}v${2.4 * r}`,
  (x, y, r) => `M${x} ${y + 1.2 * r}L${x + 1.1 * r} ${y - r}H${x - 1.1 * r}Z`,
];

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** The marker of a series at positions in pixels, all in one path: thousands of dots stay one element. */
export const markersAt = (
  pattern: number,
  positions: readonly (readonly [number, number])[],
  radius: number,
): string => {
  const draw = markers[pattern % markers.length]!;
  return positions.map(([x, y]) => draw(tenth(x), tenth(y), radius)).join('');
};

/** The range of the series along an axis; a single value gets room on both sides. */
export function domainOf(series: readonly Series[], along: 'x' | 'y'): [number, number] {
  const values = series.flatMap(({ points }) =>
    points.flatMap(({ x, y, low, high }) => (along === 'x' ? [x] : [y, low ?? y, high ?? y])),
  );
  const [least, most] = extent(values.filter((value) => value !== null));
  if (least === undefined || most === undefined) return [0, 1];
  if (least < most) return [least, most];
  const room = Math.abs(least) / 2 || 0.5;
  return [least - room, most + room];
}

/** A number as charts and tables write it: four digits that count. */
export function shortNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  return shortText(value, 4);
}

/** Places labels at least `gap` apart, each as near to its wish as the others allow, inside 0 to `height`. */
export function spreadLabels(wishes: readonly number[], gap: number, height: number): number[] {
  const order = wishes.map((_, index) => index).sort((a, b) => wishes[a]! - wishes[b]!);
  const places = [...wishes];
  let floor = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    places[index] = Math.max(wishes[index]!, floor + gap);
    floor = places[index]!;
  }
  let ceiling = height + gap;
  for (const index of order.toReversed()) {
    places[index] = Math.min(places[index]!, ceiling - gap);
    ceiling = places[index]!;
  }
  return places;
}
