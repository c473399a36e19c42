import { type Extent, equals, extend, getHeight, getWidth, intersects } from 'ol/extent.js';
import ImageCanvas from 'ol/source/ImageCanvas.js';
import { marginPixels, type PaintedRoi, paintRoi } from './paintRoi.ts';

/** How long one slice of painting may keep the window from answering. */
const sliceMs = 12;
/** So many ROIs are painted again at once after an edit; more are painted in slices beside the picture shown. */
const mostAtOnce = 150;

type Place = { readonly extent: Extent; readonly resolution: number; readonly pixelRatio: number };
type Picture = Place & { readonly context: CanvasRenderingContext2D };

const samePlace = (a: Place, b: Place): boolean =>
  equals(a.extent, b.extent) && a.resolution === b.resolution && a.pixelRatio === b.pixelRatio;

/**
 * The picture of all ROIs in view, as a source of the map. It is painted in slices of some milliseconds, so that ten thousand do not
 * stop the window; until it is complete the last one stays, moved and scaled with the view.
 */
export type RoiPicture = {
  readonly source: ImageCanvas;
  /** Paints what lies in these extents again; all of the picture where none are given. */
  readonly repaint: (extents?: readonly Extent[]) => void;
};

/** @param roisIn the ROIs whose bounds meet an extent, in the order in which they are painted */
export function createRoiPicture(roisIn: (extent: Extent) => readonly PaintedRoi[]): RoiPicture {
  let ready: Picture | undefined;
  let work: { readonly picture: Picture; readonly rest: Iterator<PaintedRoi> } | undefined;
  let dirty: Extent[] | 'all' = [];

  /** Paints for one slice. Says whether all is painted. */
  const paintOn = (): boolean => {
    if (work === undefined) return true;
    const { picture, rest } = work;
    const end = performance.now() + sliceMs;
    while (performance.now() < end) {
      // Looking at the clock takes longer than painting a small ROI.
      for (let i = 0; i < 20; i++) {
        const next = rest.next();
        if (next.done === true) {
          [ready, work] = [picture, undefined];
          return true;
        }
        paintRoi(picture.context, next.value, picture);
      }
    }
    return false;
  };
  const later = (started: typeof work): void => {
    setTimeout(() => {
      if (work !== started) return;
      if (paintOn()) source.changed();
      else later(started);
    });
  };
  /** Paints part of the picture shown again; false where that is too much at once. */
  const patch = (picture: Picture, extents: readonly Extent[]): boolean => {
    if (extents.length > mostAtOnce) return false;
    const { context, resolution, pixelRatio, extent } = picture;
    const margin = marginPixels * resolution;
    const around = extents.map(
      ([minX, minY, maxX, maxY]): Extent => [
        minX! - margin,
        minY! - margin,
        maxX! + margin,
        maxY! + margin,
      ],
    );
    const seen = around.filter((one) => intersects(one, extent));
    const [first, ...rest] = seen;
    if (first === undefined) return true;
    const whole = rest.reduce((sum, one) => extend(sum, one), first.slice());
    const touched = roisIn(whole).filter((roi) => seen.some((one) => intersects(one, roi.extent)));
    if (touched.length > mostAtOnce) return false;
    const scale = pixelRatio / resolution;
    context.save();
    context.beginPath();
    for (const one of seen) {
      const left = Math.floor((one[0]! - extent[0]!) * scale);
      const top = Math.floor((extent[3]! - one[3]!) * scale);
      const [width, height] = [Math.ceil(getWidth(one) * scale), Math.ceil(getHeight(one) * scale)];
      context.clearRect(left, top, width + 1, height + 1);
      context.rect(left, top, width + 1, height + 1);
    }
    context.clip();
    for (const roi of touched) paintRoi(context, roi, picture);
    context.restore();
    return true;
  };
  const begin = (place: Place, size: readonly number[]): void => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [Math.ceil(size[0]!), Math.ceil(size[1]!)];
    // Painted by the processor: thousands of small shapes are what graphics cards are slow at.
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    work = { picture: { ...place, context }, rest: roisIn(place.extent).values() };
  };
  const source = new ImageCanvas({
    ratio: 1.25,
    canvasFunction: (extent, resolution, pixelRatio, size) => {
      const place = { extent, resolution, pixelRatio };
      const changed = dirty;
      dirty = [];
      if (ready !== undefined && samePlace(ready, place) && work === undefined) {
        if (changed !== 'all' && patch(ready, changed)) return ready.context.canvas;
      } else if (work !== undefined && changed.length === 0 && samePlace(work.picture, place)) {
        return undefined as never;
      }
      begin(place, size);
      if (paintOn()) return ready!.context.canvas;
      later(work);
      // What was shown last stays until then.
      return undefined as never;
    },
  });
  return {
    source,
    repaint: (extents) => {
      dirty = extents === undefined || dirty === 'all' ? 'all' : [...dirty, ...extents];
      source.changed();
    },
  };
}
