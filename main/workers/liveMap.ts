import type { ProgressEvent } from '../../app/contract/events.ts';
import type { LandClass } from '../../app/vector/roi.ts';
import { classSamples, type ScoredWindow } from './mapWriters.ts';

/** Longest side of the picture that the windows of a map make together. */
const longest = 2048;

/**
 * Says which classes each finished window has, thinned so that the whole map is a picture of at most 2,048 pixels: enough
 * to watch a map appear. Maps of more than 255 classes are not shown.
 */
export function liveMap(
  size: { readonly width: number; readonly height: number },
  classes: readonly LandClass[],
  emit: (event: ProgressEvent) => void,
): (scored: ScoredWindow) => void {
  const step = Math.max(1, Math.max(size.width, size.height) / longest);
  return (scored) => {
    const samples = classSamples(scored, classes);
    if (!(samples instanceof Uint8Array)) return;
    const { x, y, width, height } = scored.window;
    const columns = Math.ceil(width / step);
    const rows = Math.ceil(height / step);
    const thinned = new Uint8Array(columns * rows);
    for (let row = 0; row < rows; row++) {
      const start = Math.floor(((row + 0.5) * height) / rows) * width;
      for (let column = 0; column < columns; column++)
        thinned[row * columns + column] =
          samples[start + Math.floor(((column + 0.5) * width) / columns)]!;
    }
    emit({
      kind: 'mapped',
      width: size.width,
      height: size.height,
      window: [x, y, width, height],
      columns,
      rows,
      classes: thinned,
    });
  };
}
