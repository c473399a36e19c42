import { area, line } from 'd3-shape';
import type { ReactElement } from 'react';
import { dashOf, markersAt, type Plot, type Point, type Series } from './series.ts';

/** Markers stand about this far apart on a line of many bands, pixels. */
const markerEvery = 60;

type Known = Point & { readonly y: number };
type Spread = Known & { readonly low: number; readonly high: number };

const isKnown = (point: Point): point is Known => point.y !== null;
const isSpread = (point: Point): point is Spread =>
  isKnown(point) && typeof point.low === 'number' && typeof point.high === 'number';

/** One series: its spread, its line on an outline that shows on any ground, its markers. */
export function SeriesMarks({
  series,
  plot,
}: {
  readonly series: Series;
  readonly plot: Plot;
}): ReactElement {
  const { kind, points, pattern, color = 'currentColor' } = series;
  const position = ({ x, y }: Known): [number, number] => [plot.x(x), plot.y(y)];
  const known = points.filter(isKnown);
  if (kind === 'dots')
    return (
      <path className="dots" d={markersAt(pattern, known.map(position), 2.2)} stroke={color} />
    );
  const spread =
    area<Point>()
      .defined(isSpread)
      .x(({ x }) => plot.x(x))
      .y0((point) => plot.y((point as Spread).low))
      .y1((point) => plot.y((point as Spread).high))(points) ?? undefined;
  const path =
    line<Point>()
      .defined(isKnown)
      .x(({ x }) => plot.x(x))
      .y((point) => plot.y((point as Known).y))(points) ?? undefined;
  const step = Math.max(1, Math.round((known.length * markerEvery) / Math.max(1, plot.width)));
  const marked = known.filter((_, index) => (index + pattern) % step === 0);
  return (
    <g>
      <path className="spread" d={spread} fill={color} />
      <path className="casing" d={path} strokeDasharray={dashOf(pattern)} />
      <path className="line" d={path} stroke={color} strokeDasharray={dashOf(pattern)} />
      <path className="marks" d={markersAt(pattern, marked.map(position), 2.5)} stroke={color} />
    </g>
  );
}
