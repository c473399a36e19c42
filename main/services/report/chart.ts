import { type Html, html } from './html.ts';

// Line charts as SVG: no scripts, no fonts from elsewhere. Lines are told apart by dashes and by words at their ends.

export type ChartPoint = readonly [x: number, y: number];

export type ChartLine = {
  readonly name: string;
  readonly points: readonly ChartPoint[];
  readonly color: string;
  readonly dash?: string;
};

export type LineChart = {
  /** Said to screen readers in place of the drawing. */
  readonly label: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly ChartLine[];
  /** A vertical line with a word. */
  readonly mark?: { readonly x: number; readonly text: string };
  readonly yFormat?: (value: number) => string;
};

const size = { width: 520, height: 260, left: 62, right: 18, top: 26, bottom: 46 } as const;

/** A line chart with axes, grid and a legend drawn as line samples. */
export function lineChart(chart: LineChart): Html {
  const points = chart.lines
    .flatMap((line) => line.points)
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  if (points.length === 0) return html``;
  const xRange = extent(points.map(([x]) => x));
  const xTicks = ticks(xRange, 6).filter(
    (tick) => Number.isInteger(tick) && tick >= xRange[0] && tick <= xRange[1],
  );
  const yTicks = ticks(extent(points.map(([, y]) => y)), 5);
  const yRange = [yTicks[0]!, yTicks.at(-1)!] as const;
  const x = scale(xRange, [size.left, size.width - size.right]);
  const y = scale(yRange, [size.height - size.bottom, size.top]);
  const format = chart.yFormat ?? plain;
  return html`<svg class="chart" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${chart.label}">
${yTicks.map((tick) => html`<line class="grid" x1="${size.left}" x2="${size.width - size.right}" y1="${fixed(y(tick))}" y2="${fixed(y(tick))}"/><text class="tick" x="${size.left - 8}" y="${fixed(y(tick) + 4)}" text-anchor="end">${format(tick)}</text>`)}
${xTicks.map((tick) => html`<text class="tick" x="${fixed(x(tick))}" y="${size.height - size.bottom + 18}" text-anchor="middle">${plain(tick)}</text>`)}
<line class="axis" x1="${size.left}" x2="${size.width - size.right}" y1="${size.height - size.bottom}" y2="${size.height - size.bottom}"/>
<text class="axis-label" x="${(size.left + size.width - size.right) / 2}" y="${size.height - 8}" text-anchor="middle">${chart.xLabel}</text>
<text class="axis-label" transform="translate(14 ${(size.top + size.height - size.bottom) / 2}) rotate(-90)" text-anchor="middle">${chart.yLabel}</text>
${chart.mark === undefined ? undefined : markLine(chart.mark, x(chart.mark.x), y(chart.lines[0]!.points.at(-1)?.[1] ?? 0))}
${chart.lines.map((line) => line.points.length === 1 && html`<circle r="3" fill="${line.color}" cx="${fixed(x(line.points[0]![0]))}" cy="${fixed(y(line.points[0]![1]))}"/>`)}
${chart.lines.map((line) => html`<polyline fill="none" stroke="${line.color}" stroke-width="2" stroke-linejoin="round"${line.dash === undefined ? undefined : html` stroke-dasharray="${line.dash}"`} points="${path(line.points, x, y)}"/>`)}
${legend(chart.lines)}
</svg>`;
}

function markLine(mark: { readonly text: string }, at: number, end: number): Html {
  // The word stands where the curve is not.
  const level =
    end > (size.top + size.height - size.bottom) / 2
      ? size.top + 14
      : size.height - size.bottom - 8;
  const near = at > size.width * 0.75;
  return html`<line class="mark" x1="${fixed(at)}" x2="${fixed(at)}" y1="${size.top}" y2="${size.height - size.bottom}"/><text class="tick" x="${fixed(at + (near ? -5 : 5))}" y="${level}" text-anchor="${near ? 'end' : 'start'}">${mark.text}</text>`;
}

function legend(lines: readonly ChartLine[]): Html {
  if (lines.length < 2) return html``;
  return html`${lines.map((line, i) => {
    const at = size.left + i * 150;
    return html`<line x1="${at}" x2="${at + 26}" y1="10" y2="10" stroke="${line.color}" stroke-width="2"${line.dash === undefined ? undefined : html` stroke-dasharray="${line.dash}"`}/><text class="tick" x="${at + 32}" y="14">${line.name}</text>`;
  })}`;
}

export type SpectrumChart = {
  readonly label: string;
  readonly xRange: readonly [number, number];
  readonly yMax: number;
  readonly yMin: number;
  readonly color: string;
  /** Unbroken stretches of good bands: x, mean, deviation. */
  readonly stretches: readonly (readonly (readonly [
    x: number,
    mean: number,
    deviation: number,
  ])[])[];
  /** The other classes' means, for comparison, in the same form. */
  readonly others: readonly (readonly ChartPoint[])[];
  /** Said in the upper right corner. */
  readonly note: string;
};

const small = { width: 300, height: 180, left: 40, right: 8, top: 16, bottom: 26 } as const;

/** One class's mean with a ribbon of ± one standard deviation, over the means of the others in grey. */
export function spectrumChart(chart: SpectrumChart): Html {
  const x = scale(chart.xRange, [small.left, small.width - small.right]);
  const y = scale([chart.yMin, chart.yMax], [small.height - small.bottom, small.top]);
  const yTicks = ticks([chart.yMin, chart.yMax], 4).filter(
    (tick) => tick >= chart.yMin && tick <= chart.yMax,
  );
  const xTicks = ticks(chart.xRange, 4).filter(
    (tick) => tick >= chart.xRange[0] && tick <= chart.xRange[1],
  );
  const bottom = small.height - small.bottom;
  return html`<svg class="chart" viewBox="0 0 ${small.width} ${small.height}" role="img" aria-label="${chart.label}">
${yTicks.map((tick) => html`<line class="grid" x1="${small.left}" x2="${small.width - small.right}" y1="${fixed(y(tick))}" y2="${fixed(y(tick))}"/><text class="tick" x="${small.left - 6}" y="${fixed(y(tick) + 4)}" text-anchor="end">${plain(tick)}</text>`)}
${xTicks.map((tick) => html`<text class="tick" x="${fixed(x(tick))}" y="${bottom + 17}" text-anchor="middle">${plain(tick)}</text>`)}
<line class="axis" x1="${small.left}" x2="${small.width - small.right}" y1="${bottom}" y2="${bottom}"/>
<text class="tick" x="${small.width - small.right}" y="${small.top + 10}" text-anchor="end">${chart.note}</text>
${chart.others.map((points) => html`<polyline class="other" points="${path(points, x, y)}"/>`)}
${chart.stretches.map((points) => {
  const upper = points.map(([at, mean, deviation]): ChartPoint => [at, mean + deviation]);
  const lower = points.map(([at, mean, deviation]): ChartPoint => [at, mean - deviation]).reverse();
  const mean = points.map(([at, value]): ChartPoint => [at, value]);
  return html`<polygon fill="${chart.color}" fill-opacity="0.35" points="${path([...upper, ...lower], x, y)}"/><polyline class="outline" points="${path(mean, x, y)}"/><polyline fill="none" stroke="${chart.color}" stroke-width="2" points="${path(mean, x, y)}"/>`;
})}
</svg>`;
}

type Scale = (value: number) => number;

function scale(from: readonly [number, number], to: readonly [number, number]): Scale {
  const span = from[1] - from[0] || 1;
  return (value) => to[0] + ((value - from[0]) / span) * (to[1] - to[0]);
}

function path(points: readonly ChartPoint[], x: Scale, y: Scale): string {
  return points
    .filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b))
    .map(([a, b]) => `${fixed(x(a))},${fixed(y(b))}`)
    .join(' ');
}

/** Least and greatest of some numbers. */
export function extent(values: readonly number[]): readonly [number, number] {
  let [least, greatest] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
}

/** About `count` round numbers that span a range. */
export function ticks(
  [least, greatest]: readonly [number, number],
  count: number,
): readonly number[] {
  const span = greatest - least || Math.abs(greatest) || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((value) => value >= rough) ?? rough;
  const first = Math.floor(least / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(greatest / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

function plain(value: number): string {
  return Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-3)
    ? value.toExponential(0)
    : String(value);
}

function fixed(value: number): string {
  return value.toFixed(1);
}
