import { crc32, deflateSync } from 'node:zlib';
import type { ClassScheme } from '../../../app/vector/roi.ts';

/** Class values of a picture, row by row. */
export type ClassValues = {
  readonly values: Uint8Array;
  readonly width: number;
  readonly height: number;
};

/** A PNG with a colour table: one byte a pixel, 0 and values without a class transparent. */
export function classPng({ values, width, height }: ClassValues, classes: ClassScheme): Uint8Array {
  const colors = new Uint8Array(256 * 3);
  const alphas = new Uint8Array(256);
  for (const { value, color } of classes) {
    if (value <= 0 || value > 255) continue;
    colors.set(color, value * 3);
    alphas[value] = 255;
  }
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) {
    rows.set(values.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 3, 0, 0, 0], 8); // 8 bits, palette, no interlace
  return Buffer.concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('PLTE', colors),
    chunk('tRNS', alphas),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** Where to write a class's number on the map: a place well inside one of its large areas. */
export type MapLabel = { readonly value: number; readonly x: number; readonly y: number };

/**
 * Places for class numbers: for each class its `most` roomiest places with at least `room` pixels to the next class, apart from
 * each other. Numbers on the map let it be read without telling colours apart.
 */
export function mapLabels(picture: ClassValues, most = 3, room = 7): readonly MapLabel[] {
  const distance = distanceToOthers(picture);
  const apart = Math.max(picture.width, picture.height) / 5;
  const chosen: MapLabel[] = [];
  for (let pass = 0; pass < most; pass++) {
    const next = roomiest(picture, distance, room, (value, x, y) =>
      chosen.every(
        (label) => label.value !== value || Math.hypot(label.x - x, label.y - y) > apart,
      ),
    );
    chosen.push(...next);
  }
  return chosen;
}

/** The place with most room of each class, among those that are free and have enough. */
function roomiest(
  { values, width }: ClassValues,
  distance: Float32Array,
  room: number,
  isFree: (value: number, x: number, y: number) => boolean,
): readonly MapLabel[] {
  const best = new Float32Array(256).fill(room);
  const places = new Map<number, MapLabel>();
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === 0 || distance[i]! <= best[value]!) continue;
    const label = { value, x: (i % width) + 0.5, y: Math.floor(i / width) + 0.5 };
    if (!isFree(value, label.x, label.y)) continue;
    best[value] = distance[i]!;
    places.set(value, label);
  }
  return [...places.values()];
}

/** About the distance in pixels to the nearest pixel of another class or the border (3–4 chamfer, Borgefors 1986). */
function distanceToOthers({ values, width, height }: ClassValues): Float32Array {
  // A frame of one pixel of no class spares asking whether a neighbour is inside.
  const stride = width + 2;
  const classes = new Uint8Array(stride * (height + 2));
  for (let y = 0; y < height; y++) {
    classes.set(values.subarray(y * width, (y + 1) * width), (y + 1) * stride + 1);
  }
  const distance = new Float32Array(classes.length);
  const relax = (i: number, step: number) => {
    const [a, b, c, d] = [
      i - step,
      i - step * stride,
      i - step * (stride + 1),
      i - step * (stride - 1),
    ];
    const own = classes[i]!;
    const before = step > 0 ? Infinity : distance[i]!;
    const straight = Math.min(
      classes[a] === own ? distance[a]! : 0,
      classes[b] === own ? distance[b]! : 0,
    );
    const slanted = Math.min(
      classes[c] === own ? distance[c]! + 1 / 3 : 0,
      classes[d] === own ? distance[d]! + 1 / 3 : 0,
    );
    distance[i] = Math.min(before, straight + 1, slanted + 1);
  };
  for (let y = 1; y <= height; y++) for (let x = 1; x <= width; x++) relax(y * stride + x, 1);
  for (let y = height; y > 0; y--) for (let x = width; x > 0; x--) relax(y * stride + x, -1);
  const result = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (y + 1) * stride + 1;
    result.set(distance.subarray(from, from + width), y * width);
  }
  return result;
}
