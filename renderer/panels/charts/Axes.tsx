import type { ReactElement } from 'react';
import { type Axis, type Plot, shortNumber } from './series.ts';

/** Grid, ticks and titles of a plot. */
export function Axes({
  plot,
  x,
  y,
}: {
  readonly plot: Plot & { readonly ticks: { readonly x: number[]; readonly y: number[] } };
  readonly x: Axis;
  readonly y: Axis;
}): ReactElement {
  const { width, height, ticks } = plot;
  return (
    <g className="axes">
      {ticks.y.map((value) => (
        <g key={value} transform={`translate(0 ${plot.y(value)})`}>
          <line className="grid" x2={width} />
          <text x={-6} dy="0.32em" textAnchor="end">
            {shortNumber(value)}
          </text>
        </g>
      ))}
      {ticks.x.map((value) => (
        <g key={value} transform={`translate(${plot.x(value)} ${height})`}>
          <line y2={4} />
          <text y={15} textAnchor="middle">
            {shortNumber(value)}
          </text>
        </g>
      ))}
      <line y1={height} y2={height} x2={width} />
      <line y2={height} />
      <text className="title" x={width / 2} y={height + 31} textAnchor="middle">
        {x.label}
      </text>
      <text
        className="title"
        transform={`translate(-42 ${height / 2}) rotate(-90)`}
        textAnchor="middle"
      >
        {y.label}
      </text>
    </g>
  );
}
