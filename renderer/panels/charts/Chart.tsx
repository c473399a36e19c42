import { scaleLinear } from 'd3-scale';
import {
  type PointerEvent,
  type ReactElement,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react';
import { t } from '../../words/translate.ts';
import { Axes } from './Axes.tsx';
import { ChartTable, type Table, tableOf } from './ChartTable.tsx';
import { EndLabels, Legend } from './labels.tsx';
import { SeriesMarks } from './SeriesMarks.tsx';
import { type Axis, domainOf, type Plot, type Series, shortNumber } from './series.ts';

type ChartProps = {
  /** What is shown, e.g. "Signatures". */
  readonly label: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Figures in place of the drawing; of every point where absent. */
  readonly table?: Table;
};

const height = 232;
const margin = { top: 8, bottom: 36, left: 52, right: 18 };
const labelRoom = 92;
/** More lines than this are named in a legend: labels beside the plot would not fit. */
const mostEndLabels = 15;

/** A chart that can be read in three ways: drawn, under the pointer as figures, and as a table. */
export function Chart({ label, x, y, series, table }: ChartProps): ReactElement {
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  const lines = series.filter(({ kind }) => kind === 'line');
  const direct = lines.length > 1 && lines.length <= mostEndLabels;
  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption>
        <span id={id}>{label}</span>
        <button type="button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {t('Show as table')}
        </button>
      </figcaption>
      {asTable ? (
        <ChartTable label={label} table={table ?? tableOf(x, series)} />
      ) : (
        <Drawing label={label} x={x} y={y} series={series} direct={direct} />
      )}
      {!asTable && !direct && series.length > 1 && <Legend series={series} />}
    </figure>
  );
}

function Drawing({
  label,
  x,
  y,
  series,
  direct,
}: Omit<ChartProps, 'table'> & { readonly direct: boolean }): ReactElement {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [at, setAt] = useState<number>();
  const plot = usePlot(x, y, series, width - margin.left - (direct ? labelRoom : margin.right));
  const names = series.map(({ name }) => name).join(', ');
  const move = (event: PointerEvent<SVGSVGElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(nearestX(series, plot, event.clientX - box.left - margin.left));
  };
  return (
    <div ref={frame}>
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={`${label}: ${names}. ${x.label}, ${y.label}.`}
        onPointerMove={move}
        onPointerLeave={() => setAt(undefined)}
      >
        <g transform={`translate(${margin.left} ${margin.top})`}>
          <Axes plot={plot} x={x} y={y} />
          {series.map((one) => (
            <SeriesMarks key={one.id} series={one} plot={plot} />
          ))}
          {direct && <EndLabels series={series} plot={plot} />}
          {at !== undefined && (
            <line className="reading" x1={plot.x(at)} x2={plot.x(at)} y2={plot.height} />
          )}
        </g>
      </svg>
      {series.some(({ kind }) => kind === 'line') && (
        <p className="readout">{at === undefined ? '' : readingAt(series, at)}</p>
      )}
    </div>
  );
}

type ScaledPlot = Plot & { readonly ticks: { readonly x: number[]; readonly y: number[] } };

function usePlot(x: Axis, y: Axis, series: readonly Series[], room: number): ScaledPlot {
  return useMemo(() => {
    const width = Math.max(40, room);
    const inner = height - margin.top - margin.bottom;
    const across = scaleLinear(x.domain ?? domainOf(series, 'x'), [0, width]);
    const up = scaleLinear(y.domain ?? domainOf(series, 'y'), [inner, 0]).nice();
    const whole = (ticks: number[], axis: Axis): number[] =>
      axis.whole === true ? ticks.filter(Number.isInteger) : ticks;
    return {
      x: across,
      y: up,
      width,
      height: inner,
      ticks: {
        x: whole(across.ticks(Math.max(2, Math.floor(width / 55))), x),
        y: whole(up.ticks(5), y),
      },
    };
  }, [x, y, series, room]);
}

/** Width of an element as the window is laid out: text in the chart keeps its size. */
function useWidth(element: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(320);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry!.contentRect.width));
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** The x of the lines that is nearest to the pointer. */
function nearestX(series: readonly Series[], plot: Plot, pixel: number): number | undefined {
  let best: number | undefined;
  for (const { kind, points } of series) {
    if (kind !== 'line') continue;
    for (const { x } of points)
      if (best === undefined || Math.abs(plot.x(x) - pixel) < Math.abs(plot.x(best) - pixel))
        best = x;
  }
  return best;
}

function readingAt(series: readonly Series[], at: number): string {
  const found = series.flatMap(({ name, points }) => {
    const point = points.find(({ x }) => x === at);
    return point === undefined ? [] : [`${name} ${shortNumber(point.y)}`];
  });
  return `${shortNumber(at)}: ${found.join(' · ')}`;
}
