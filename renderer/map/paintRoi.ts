import type { Extent } from 'ol/extent.js';
import type { Geometry, Position, Ring } from '../../app/vector/geometry.ts';

/** How an ROI is drawn. */
export type RoiLook = {
  readonly color: readonly [number, number, number];
  readonly selected: boolean;
};

/** An ROI to be painted; without a look it is not drawn. */
export type PaintedRoi = {
  readonly geometry: Geometry;
  readonly extent: Extent;
  readonly look: RoiLook | undefined;
};

/** Where a picture lies: its extent in map units, map units a CSS pixel, and pixels a CSS pixel. */
export type PicturePlace = {
  readonly extent: Extent;
  readonly resolution: number;
  readonly pixelRatio: number;
};

/** What borders reach beyond a shape, CSS pixels. */
export const marginPixels = 8;
/** Shapes smaller than this, in CSS pixels, are solid with thin borders: others would cover them. */
const smallPixels = 6;
/** Shapes smaller than this, in CSS pixels, are drawn as squares of this size, so that they are seen at all. */
const dotPixels = 2;
const pointRadius = 5;

type Line = readonly [color: string, width: number];

/** From the lowest: borders, then the fill, then the border in the colour of the class. */
function linesOf({ color, selected }: RoiLook, small: boolean): readonly Line[] {
  const own = `rgb(${color.join()})`;
  if (small)
    return selected
      ? [
          ['rgba(0,0,0,0.75)', 3],
          ['#ffffff', 1.5],
        ]
      : [
          ['rgba(0,0,0,0.75)', 2.5],
          [own, 1.5],
        ];
  const dark: Line = ['rgba(0,0,0,0.75)', selected ? 6 : 3.5];
  return selected ? [dark, ['#ffffff', 3.5], [own, 2]] : [dark, [own, 2]];
}

/** Translucent in the colour of its class; a selected one has a white border inside a dark one, so that it shows on any ground. */
export function paintRoi(
  context: CanvasRenderingContext2D,
  { geometry, extent, look }: PaintedRoi,
  place: PicturePlace,
): void {
  if (look === undefined) return;
  if (geometry.kind === 'points') return paintPoints(context, geometry.points, look, place);
  const { resolution, pixelRatio } = place;
  const [minX, minY, maxX, maxY] = extent;
  const long = Math.max(maxX! - minX!, maxY! - minY!) / resolution;
  if (long < dotPixels) return paintDot(context, [minX!, maxY!], look, place);
  const small = long < smallPixels;
  context.beginPath();
  for (const { outer, holes } of geometry.polygons) {
    traceRing(context, outer, place);
    for (const hole of holes) traceRing(context, hole, place);
  }
  context.fillStyle = `rgba(${look.color.join()},${small ? 1 : look.selected ? 0.45 : 0.25})`;
  context.fill('evenodd');
  context.lineJoin = 'round';
  for (const [color, width] of linesOf(look, small)) {
    context.strokeStyle = color;
    context.lineWidth = width * pixelRatio;
    context.stroke();
  }
}

/** A ring as a part of the path. Vertices less than half a pixel from the last one would not be seen and are left out. */
function traceRing(
  context: CanvasRenderingContext2D,
  ring: Ring,
  { extent, resolution, pixelRatio }: PicturePlace,
): void {
  const scale = pixelRatio / resolution;
  const [left, top] = [extent[0]!, extent[3]!];
  let [lastX, lastY] = [Number.NaN, Number.NaN];
  for (const [mapX, mapY] of ring) {
    const [x, y] = [(mapX - left) * scale, (top - mapY) * scale];
    if (Math.abs(x - lastX) + Math.abs(y - lastY) < 0.5) continue;
    if (Number.isNaN(lastX)) context.moveTo(x, y);
    else context.lineTo(x, y);
    [lastX, lastY] = [x, y];
  }
  context.closePath();
}

function paintDot(
  context: CanvasRenderingContext2D,
  [x, y]: Position,
  { color, selected }: RoiLook,
  { extent, resolution, pixelRatio }: PicturePlace,
): void {
  const scale = pixelRatio / resolution;
  const size = dotPixels * pixelRatio;
  context.fillStyle = selected ? '#ffffff' : `rgb(${color.join()})`;
  context.fillRect((x - extent[0]!) * scale, (extent[3]! - y) * scale, size, size);
}

function paintPoints(
  context: CanvasRenderingContext2D,
  points: readonly Position[],
  { color, selected }: RoiLook,
  { extent, resolution, pixelRatio }: PicturePlace,
): void {
  const scale = pixelRatio / resolution;
  for (const [x, y] of points) {
    context.beginPath();
    context.arc(
      (x - extent[0]!) * scale,
      (extent[3]! - y) * scale,
      pointRadius * pixelRatio,
      0,
      2 * Math.PI,
    );
    context.strokeStyle = selected ? '#ffffff' : 'rgba(0,0,0,0.75)';
    context.lineWidth = 3.5 * pixelRatio;
    context.stroke();
    context.fillStyle = `rgb(${color.join()})`;
    context.fill();
  }
}
