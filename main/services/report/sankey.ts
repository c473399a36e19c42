import type { ClassScheme } from '../../../app/vector/roi.ts';
import { type Html, html } from './html.ts';
import { cssColor } from './parts.ts';

/** An amount that went from one class to another. */
export type Flow = { readonly from: string; readonly to: string; readonly amount: number };

const size = {
  width: 760,
  bar: 18,
  gap: 10,
  left: 190,
  right: 190,
  top: 34,
  tallest: 460,
} as const;
/** Least height of a flow that is drawn, so that small ones can be seen. */
const thinnest = 1;

type Node = {
  readonly name: string;
  readonly amount: number;
  readonly y: number;
  readonly height: number;
};

/** Two columns of bars, the classes before and after, and ribbons as wide as what went from one to the other (Sankey 1898). */
export function sankey(
  flows: readonly Flow[],
  classes: ClassScheme,
  words: { readonly label: string; readonly format: (amount: number) => string },
): Html {
  const total = flows.reduce((sum, { amount }) => sum + amount, 0);
  if (total === 0) return html``;
  const names = (of: (flow: Flow) => string): string[] =>
    classes.map(({ name }) => name).filter((name) => flows.some((flow) => of(flow) === name));
  const [from, to] = [names((flow) => flow.from), names((flow) => flow.to)];
  const most = Math.max(from.length, to.length);
  const unit = (size.tallest - (most - 1) * size.gap) / total;
  const left = column(from, (name) => sumOf(flows, (flow) => flow.from === name), unit);
  const right = column(to, (name) => sumOf(flows, (flow) => flow.to === name), unit);
  const bottom = Math.max(...[...left, ...right].map(({ y, height }) => y + height));
  const color = (name: string): string =>
    cssColor(classes.find((one) => one.name === name)?.color ?? [150, 150, 150]);
  const ends = [size.left + size.bar, size.width - size.right - size.bar] as const;
  const ribbons = ribbonsOf(flows, left, right, unit).map(
    ({ flow, startY, endY, height }) =>
      html`<path d="${ribbon(ends, startY, endY, height)}" fill="${color(flow.from)}" fill-opacity="0.55" stroke="#4d5866" stroke-width="0.5"><title>${flow.from} to ${flow.to}: ${words.format(flow.amount)}</title></path>`,
  );
  const bars = (
    nodes: readonly Node[],
    x: number,
    textX: number,
    anchor: string,
  ): readonly Html[] =>
    nodes.map(
      ({ name, amount, y, height }) =>
        html`<rect x="${x}" y="${y.toFixed(1)}" width="${size.bar}" height="${height.toFixed(1)}" fill="${color(name)}" stroke="#4d5866" stroke-width="0.7"/><text class="tick" x="${textX}" y="${(y + height / 2 + 4).toFixed(1)}" text-anchor="${anchor}">${shorter(name)} · ${words.format(amount)}</text>`,
    );
  return html`<svg class="chart" style="max-width:${size.width}px" viewBox="0 0 ${size.width} ${(bottom + 12).toFixed(0)}" role="img" aria-label="${words.label}">
<text class="axis-label" x="${size.left}" y="18" text-anchor="start">Before</text><text class="axis-label" x="${size.width - size.right}" y="18" text-anchor="end">After</text>
${ribbons}${bars(left, size.left, size.left - 8, 'end')}${bars(right, size.width - size.right - size.bar, size.width - size.right + 8, 'start')}
</svg>`;
}

const sumOf = (flows: readonly Flow[], which: (flow: Flow) => boolean): number =>
  flows.filter(which).reduce((sum, { amount }) => sum + amount, 0);

/** Bars below each other; labels of thin ones need room too. */
function column(
  names: readonly string[],
  amountOf: (name: string) => number,
  unit: number,
): readonly Node[] {
  let y: number = size.top;
  return names.map((name) => {
    const amount = amountOf(name);
    const height = Math.max(thinnest, amount * unit);
    const node = { name, amount, y, height };
    y += Math.max(height, 14) + size.gap;
    return node;
  });
}

type Ribbon = {
  readonly flow: Flow;
  readonly startY: number;
  readonly endY: number;
  readonly height: number;
};

/** Where each flow leaves and arrives: in the order of the other side's bars, so that as few as can be cross. */
function ribbonsOf(
  flows: readonly Flow[],
  left: readonly Node[],
  right: readonly Node[],
  unit: number,
): readonly Ribbon[] {
  const used = new Map<string, number>();
  const next = (side: string, node: Node, height: number): number => {
    const key = `${side} ${node.name}`;
    const at = used.get(key) ?? node.y;
    used.set(key, at + height);
    return at;
  };
  return left.flatMap((start) =>
    right.flatMap((end) => {
      const flow = flows.find(({ from, to }) => from === start.name && to === end.name);
      if (flow === undefined) return [];
      const height = flow.amount * unit;
      return [
        {
          flow,
          startY: next('from', start, height),
          endY: next('to', end, height),
          height: Math.max(thinnest, height),
        },
      ];
    }),
  );
}

function ribbon(
  [from, to]: readonly [number, number],
  startY: number,
  endY: number,
  height: number,
): string {
  const middle = (from + to) / 2;
  const [a, b, c, d] = [startY, endY, endY + height, startY + height].map((one) => one.toFixed(1));
  return `M${from} ${a}C${middle} ${a} ${middle} ${b} ${to} ${b}L${to} ${c}C${middle} ${c} ${middle} ${d} ${from} ${d}Z`;
}

const shorter = (name: string): string => (name.length > 18 ? `${name.slice(0, 17)}…` : name);
