import ImageLayer from 'ol/layer/Image.js';
import type OpenLayersMap from 'ol/Map.js';
import ImageCanvas from 'ol/source/ImageCanvas.js';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { DeskEvent } from '../../app/contract/deskApi.ts';
import { sceneProjection } from './projections.ts';

type Mapped = Extract<DeskEvent, { kind: 'mapped' }>;
type ColorOf = (value: number) => readonly [number, number, number] | undefined;

const longest = 2048;

/** Bytes of a base64 text. */
export function bytesOfBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Class values as a picture; values without a colour are clear. */
export function classPicture(
  values: Uint8Array,
  width: number,
  height: number,
  colorOf: ColorOf,
): ImageData {
  const image = new ImageData(width, height);
  for (let i = 0; i < values.length; i++) {
    const color = values[i] === 0 ? undefined : colorOf(values[i]!);
    if (color !== undefined) image.data.set([...color, 255], 4 * i);
  }
  return image;
}

/** A map that is being made, painted window by window over its scene until the finished one takes its place. */
export type LiveMap = {
  readonly paint: (event: Mapped, colorOf: ColorOf) => void;
  readonly remove: () => void;
};

export function createLiveMap(map: OpenLayersMap, info: SceneInfo): LiveMap {
  const scale = Math.min(1, longest / Math.max(info.width, info.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(info.width * scale));
  canvas.height = Math.max(1, Math.round(info.height * scale));
  const context = canvas.getContext('2d')!;
  const part = document.createElement('canvas');
  const [minX, minY, maxX, maxY] = info.bounds;
  const source = new ImageCanvas({
    projection: sceneProjection(info),
    ratio: 1,
    interpolate: false,
    canvasFunction: (extent, resolution, pixelRatio, size) => {
      const picture = document.createElement('canvas');
      [picture.width, picture.height] = [Math.round(size[0]!), Math.round(size[1]!)];
      const pen = picture.getContext('2d')!;
      pen.imageSmoothingEnabled = false;
      const unit = resolution / pixelRatio;
      pen.drawImage(
        canvas,
        (minX - extent[0]!) / unit,
        (extent[3]! - maxY) / unit,
        (maxX - minX) / unit,
        (maxY - minY) / unit,
      );
      return picture;
    },
  });
  const layer = new ImageLayer({ source, zIndex: 900 });
  map.addLayer(layer);
  return {
    paint: ({ window: [x, y, width, height], columns, rows, classes, ...whole }, colorOf) => {
      const [left, top, placeWidth, placeHeight] = whole.place;
      [part.width, part.height] = [columns, rows];
      const picture = classPicture(bytesOfBase64(classes), columns, rows, colorOf);
      part.getContext('2d')!.putImageData(picture, 0, 0);
      const [sx, sy] = [canvas.width / info.width, canvas.height / info.height];
      // Of one pixel of the map in pixels of the scene.
      const [px, py] = [placeWidth / whole.width, placeHeight / whole.height];
      context.imageSmoothingEnabled = false;
      context.drawImage(
        part,
        (left + x * px) * sx,
        (top + y * py) * sy,
        width * px * sx,
        height * py * sy,
      );
      source.changed();
    },
    remove: () => {
      map.removeLayer(layer);
      layer.dispose();
    },
  };
}
