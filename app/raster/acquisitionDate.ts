import type { SceneDescription } from './scene.ts';

/** Where files state when the image was taken, the surest first. */
const keys = [
  'sensed',
  'ACQUISITION_DATETIME',
  'ACQUISITION_DATE',
  'DATE_ACQUIRED',
  'SENSING_TIME',
  'acquisition time',
];

const compact = /(?<!\d)((?:19|20)\d{2})([-_]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)/;

/**
 * The day on which a scene was taken, `YYYY-MM-DD`: as its metadata state it, else the first date in its file name, as
 * Sentinel and Landsat products have one. Undefined where neither has a date.
 */
export function acquisitionDate({
  metadata,
  uri,
}: Pick<SceneDescription, 'metadata' | 'uri'>): string | undefined {
  for (const key of keys) {
    const found = dayIn(metadata[key] ?? '');
    if (found !== undefined) return found;
  }
  return dayIn(uri.split(/[\\/]/).findLast((part) => part !== '') ?? '');
}

function dayIn(text: string): string | undefined {
  const [, year, , month, day] = compact.exec(text) ?? [];
  return year === undefined ? undefined : `${year}-${month}-${day}`;
}
