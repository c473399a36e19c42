/** A figure without a peer. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it should be, in words; undefined where it only explains another. */
  readonly goal?: string;
  readonly ok: boolean;
};

export function figureLine({ name, value, unit, goal, ok }: Figure): string {
  const digits = Math.abs(value) < 10 ? 2 : 0;
  const verdict = goal === undefined ? '' : ` (goal ${goal}: ${ok ? 'ok' : 'over'})`;
  return `${name.padEnd(64)} ${value.toFixed(digits)} ${unit}${verdict}`;
}
