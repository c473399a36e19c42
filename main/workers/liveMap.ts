import type { ProgressEvent } from '../../app/contract/events.ts';
import type { Window } from '../../app/raster/grid.ts';
import type { LandClass } from '../../app/vector/roi.ts';
import { classSamples, type ScoredWindow } from './mapWriters.ts';

/** Longest side of the picture that the windows of a map make together. */
const longest = 2048;

/** A map that is to be watched. */
export type WatchedMap = {
  readonly size: { readonly width: number; readonly height: number };
  /** Where it lies, in pixels of its scene. */
  readonly place: Window;
  readonly classes: readonly LandClass[];
  /** Class values of a finished window, 0 = none; those of the highest scores where absent. */
  readonly samples?: (scored: ScoredWindow) => Uint8Array;
  /** Whether the classes are the map's own, and not those of a project that has its own colours for them. */
  readonly ownColors?: boolean;
};

/**
 * Says which classes each finished window has, thinned so that the whole map is a picture of at most 2,048 pixels: enough
 * to watch a map appear. Maps of more than 255 classes are not shown.
 */
export function liveMap(
  { size, place, classes, samples, ownColors = false }: WatchedMap,
  emit: (event: ProgressEvent) => void,
): (scored: ScoredWindow) => void {
  const step = Math.max(1, Math.max(size.width, size.height) / longest);
  return (scored) => {
    const values = samples?.(scored) ?? classSamples(scored, classes);
    if (!(values instanceof Uint8Array)) return;
    const { x, y, width, height } = scored.window;
    const columns = Math.ceil(width / step);
    const rows = Math.ceil(height / step);
    const thinned = new Uint8Array(columns * rows);
    for (let row = 0; row < rows; row++) {
      const start = Math.floor(((row + 0.5) * height) / rows) * width;
      for (let column = 0; column < columns; column++)
        thinned[row * columns + column] =
          values[start + Math.floor(((column + 0.5) * width) / columns)]!;
    }
    emit({
      kind: 'mapped',
      place: [place.x, place.y, place.width, place.height],
      width: size.width,
      height: size.height,
      window: [x, y, width, height],
      columns,
      rows,
      classes: thinned,
      ...(ownColors
        ? { colors: classes.map(({ value, color }) => [value, ...color] as const) }
        : {}),
    });
  };
}
