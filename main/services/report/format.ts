/** Whole numbers with narrow no-break spaces between thousands. */
export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

/** A fraction as per cent with one decimal, a dash where it is undefined. */
export function percent(value: number | undefined): string {
  return value === undefined ? '–' : `${(100 * value).toFixed(1)}\u202f%`;
}

/** A figure between −1 and 1 with three decimals. */
export function decimal(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(3);
}

/** Hectares with as many decimals as matter. */
export function hectares(value: number): string {
  if (value >= 1000) return grouped(value);
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** Seconds as people say them. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
