import type { ReactElement } from 'react';
import { dashOf, markersAt, type Plot, type Series, spreadLabels } from './series.ts';

const gap = 12;
const longest = 13;

const shortened = (name: string): string =>
  name.length <= longest ? name : `${name.slice(0, longest - 1)}…`;

/** Names of lines beside their last points, moved apart where they would overlap. */
export function EndLabels({
  series,
  plot,
}: {
  readonly series: readonly Series[];
  readonly plot: Plot;
}): ReactElement {
  const ends = series.flatMap((one) => {
    const last = one.points.findLast(({ y }) => y !== null);
    return last === undefined ? [] : [{ one, x: plot.x(last.x), y: plot.y(last.y!) }];
  });
  const places = spreadLabels(
    ends.map(({ y }) => y),
    gap,
    plot.height,
  );
  return (
    <g className="end-labels">
      {ends.map(({ one, x, y }, index) => (
        <g key={one.id}>
          <path className="leader" d={`M${x + 2} ${y}L${plot.width + 8} ${places[index]!}`} />
          <text x={plot.width + 11} y={places[index]} dy="0.32em">
            <title>{one.name}</title>
            {shortened(one.name)}
          </text>
        </g>
      ))}
    </g>
  );
}

/** What a series looks like, beside its name. */
export function SeriesKey({
  series,
}: {
  readonly series: Pick<Series, 'color' | 'pattern' | 'kind'>;
}): ReactElement {
  const { color = 'currentColor', pattern, kind } = series;
  return (
    <svg className="series-key" width={28} height={12} aria-hidden="true">
      {kind === 'line' && (
        <>
          <path className="casing" d="M1 6H27" strokeDasharray={dashOf(pattern)} />
          <path className="line" d="M1 6H27" stroke={color} strokeDasharray={dashOf(pattern)} />
        </>
      )}
      <path
        className={kind === 'line' ? 'marks' : 'dots'}
        d={markersAt(pattern, [[14, 6]], 3)}
        stroke={color}
      />
    </svg>
  );
}

export function Legend({ series }: { readonly series: readonly Series[] }): ReactElement {
  return (
    <ul className="chart-legend">
      {series.map((one) => (
        <li key={one.id}>
          <SeriesKey series={one} />
          {one.name}
        </li>
      ))}
    </ul>
  );
}
