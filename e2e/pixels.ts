import type { Page } from '@playwright/test';
import { decode } from 'fast-png';

/** A part of the page, CSS pixels. */
export type Box = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

/** A picture of the page with its scale: pixels for one CSS pixel. */
export type Picture = {
  readonly width: number;
  readonly scale: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
};

export async function pictureOf(page: Page): Promise<Picture> {
  const { width, channels, data } = decode(await page.screenshot());
  return { width, channels, data, scale: width / page.viewportSize()!.width };
}

/** Red, green and blue at a place of the page. */
export function colorAt(picture: Picture, x: number, y: number): readonly number[] {
  const { width, scale, channels, data } = picture;
  const at = (Math.round(y * scale) * width + Math.round(x * scale)) * channels;
  return [data[at]!, data[at + 1]!, data[at + 2]!];
}

/** Greatest difference of two colours in a channel that still counts as the same: blending rounds. */
const tolerance = 12;

/** Share of the pixels of a box in which two pictures differ; `moved` shifts the box in the second one. */
export function differing(a: Picture, b: Picture, box: Box, moved = { x: 0, y: 0 }): number {
  let different = 0;
  let all = 0;
  const step = 1 / a.scale;
  for (let y = box.y; y < box.y + box.height; y += step)
    for (let x = box.x; x < box.x + box.width; x += step) {
      const [p, q] = [colorAt(a, x, y), colorAt(b, x + moved.x, y + moved.y)];
      all += 1;
      if (p.some((value, i) => Math.abs(value - q[i]!) > tolerance)) different += 1;
    }
  return different / all;
}
