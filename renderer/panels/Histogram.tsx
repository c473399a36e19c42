import { type PointerEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import { t } from '../words/translate.ts';
import { useDesk } from './context.ts';
import { NumberField } from './fields.tsx';

type Counts = { readonly from: number; readonly to: number; readonly counts: readonly number[] };

const width = 260;
const height = 56;

/** Histogram of a band or index; its two lines are the limits, dragged by hand or set as numbers. */
export function Histogram({
  label,
  info,
  band,
  expression,
  limits,
  onChange,
}: {
  readonly label: string;
  readonly info: SceneInfo;
  readonly band: number | undefined;
  readonly expression: string | undefined;
  readonly limits: readonly [number, number];
  readonly onChange: (limits: readonly [number, number]) => void;
}): ReactElement {
  const histogram = useHistogram(info, band, expression);
  const [moved, setMoved] = useState<readonly [number, number]>();
  const [low, high] = moved ?? limits;
  const span = (histogram?.to ?? 1) - (histogram?.from ?? 0) || 1;
  const toX = (value: number): number => ((value - (histogram?.from ?? 0)) / span) * width;
  const drag = (end: 0 | 1) => (value: number, done: boolean) => {
    const next =
      end === 0 ? ([Math.min(value, high), high] as const) : ([low, Math.max(value, low)] as const);
    setMoved(done ? undefined : next);
    if (done) onChange(next);
  };
  const toValue = (x: number): number => (histogram?.from ?? 0) + (x / width) * span;
  return (
    <fieldset className="histogram">
      <legend>{label}</legend>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={t('Histogram of {label}', { label })}
      >
        {histogram !== undefined && <path className="bars" d={barsOf(histogram)} />}
        <Handle x={toX(low)} toValue={toValue} onMove={drag(0)} />
        <Handle x={toX(high)} toValue={toValue} onMove={drag(1)} />
      </svg>
      <div className="pair">
        <NumberField
          label={t('{label}, low', { label })}
          value={round(low)}
          range={[-1e38, 1e38]}
          step={span / 100}
          onChange={(value) => drag(0)(value, true)}
        />
        <NumberField
          label={t('{label}, high', { label })}
          value={round(high)}
          range={[-1e38, 1e38]}
          step={span / 100}
          onChange={(value) => drag(1)(value, true)}
        />
      </div>
    </fieldset>
  );
}

const round = (value: number): number => Number(value.toPrecision(6));

/** Heights are square roots: a tall peak of shadow would flatten all else. */
function barsOf({ counts }: Counts): string {
  const most = Math.sqrt(Math.max(1, ...counts));
  const step = width / counts.length;
  return counts
    .map((count, i) => {
      const top = height - (Math.sqrt(count) / most) * (height - 2);
      return `M${(i * step).toFixed(1)} ${height}V${top.toFixed(1)}H${((i + 1) * step).toFixed(1)}V${height}Z`;
    })
    .join('');
}

function useHistogram(
  info: SceneInfo,
  band: number | undefined,
  expression: string | undefined,
): Counts | undefined {
  const { workspace } = useDesk();
  const [histogram, setHistogram] = useState<Counts>();
  const { scene } = info;
  useEffect(() => {
    const controller = new AbortController();
    const ask = async (): Promise<Counts | undefined> => {
      const { host } = workspace;
      if (band !== undefined)
        return (await host.call('scene.statistics', { scene, bands: [band] }, controller.signal))
          .bands[0]?.histogram;
      if (expression === undefined || expression === '') return undefined;
      return (await host.call('scene.indexStatistics', { scene, expression }, controller.signal))
        .figures.histogram;
    };
    ask().then(setHistogram, workspace.report);
    return () => controller.abort();
  }, [workspace, scene, band, expression]);
  return histogram;
}

function Handle({
  x,
  toValue,
  onMove,
}: {
  readonly x: number;
  readonly toValue: (x: number) => number;
  readonly onMove: (value: number, done: boolean) => void;
}): ReactElement {
  const line = useRef<SVGRectElement>(null);
  const at = (event: PointerEvent): number => {
    const box = line.current!.ownerSVGElement!.getBoundingClientRect();
    return toValue(((event.clientX - box.left) / box.width) * width);
  };
  return (
    <rect
      ref={line}
      className="limit"
      x={Math.min(width - 3, Math.max(-3, x - 3))}
      y={0}
      width={6}
      height={height}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) onMove(at(event), false);
      }}
      onPointerUp={(event) => onMove(at(event), true)}
    />
  );
}
