import { expect, it } from 'vitest';
import type { ProgressEvent } from '../../app/contract/events.ts';
import { scanWindows } from '../../app/raster/tiling.ts';
import { liveMap } from './liveMap.ts';

const classes = [3, 200].map((value) => ({
  value,
  name: String(value),
  color: [0, 0, 0] as const,
}));
type Mapped = Extract<ProgressEvent, { kind: 'mapped' }>;

/** The events of a map whose class is that of `classAt` (index, or -1 for nodata). */
function watch(
  size: { readonly width: number; readonly height: number },
  classAt: (x: number, y: number) => number,
): Mapped[] {
  const events: ProgressEvent[] = [];
  const area = { x: 0, y: 0, ...size };
  const tell = liveMap({ size, place: area, classes }, (event) => events.push(event));
  for (const window of scanWindows(area, { width: 512, height: 512 })) {
    const at = Array.from({ length: window.width * window.height }, (_, i) =>
      classAt(window.x + (i % window.width), window.y + Math.floor(i / window.width)),
    );
    const indices = Int32Array.from(at.keys()).filter((i) => at[i]! >= 0);
    const scores = Float32Array.from([...indices].flatMap((i) => (at[i] === 0 ? [1, 0] : [0, 1])));
    tell({ window, indices, scores });
  }
  return events.filter((event) => event.kind === 'mapped');
}

it('a small map is told pixel by pixel', () => {
  const classAt = (x: number, y: number): number =>
    (x * 7 + y * 13) % 5 === 0 ? 0 : (x + y) % 2 === 0 ? 1 : -1;
  for (const { window, columns, rows, classes: values } of watch(
    { width: 300, height: 200 },
    classAt,
  )) {
    const [x, y, width, height] = window;
    expect([columns, rows]).toEqual([width, height]);
    values.forEach((value, i) =>
      expect(value).toBe([0, 3, 200][classAt(x + (i % width), y + Math.floor(i / width)) + 1]),
    );
  }
});

it('a large map makes a picture of about 2,048 pixels, each the class of a pixel under it', () => {
  const size = { width: 6100, height: 2300 };
  // left of a slanted line one class, right of it the other: a pixel may differ along the line alone
  const edge = (y: number): number => 1500 + y / 2;
  const events = watch(size, (x, y) => (x < edge(y) ? 0 : 1));
  const area = events.reduce((sum, { window: [, , w, h] }) => sum + w * h, 0);
  expect(area).toBe(size.width * size.height);
  const step = 6100 / 2048;
  let pixels = 0;
  for (const { window, columns, rows, classes: values, ...whole } of events) {
    expect(whole).toMatchObject(size);
    const [x, y, width, height] = window;
    expect(columns).toBe(Math.ceil(width / step));
    pixels += values.length;
    values.forEach((value, i) => {
      const left = x + ((i % columns) * width) / columns;
      const top = y + (Math.floor(i / columns) * height) / rows;
      if (left + step < edge(top)) expect(value).toBe(3);
      if (left > edge(top + step)) expect(value).toBe(200);
    });
  }
  expect(pixels).toBeGreaterThan(2048 * 772 * 0.95);
  expect(pixels).toBeLessThan(2048 * 772 * 1.1);
});

it('a map of its own classes tells their colours, its values, and where it lies in the scene', () => {
  const events: ProgressEvent[] = [];
  const tell = liveMap(
    {
      size: { width: 3, height: 1 },
      place: { x: 40, y: 7, width: 30, height: 10 },
      classes,
      samples: ({ scores }) => Uint8Array.from(scores, (score) => (score > 0.8 ? 200 : 3)),
      ownColors: true,
    },
    (event) => events.push(event),
  );
  const window = { x: 0, y: 0, width: 3, height: 1 };
  tell({ window, indices: Int32Array.of(0, 1, 2), scores: Float32Array.of(0.9, 0.1, 0.7) });
  expect(events).toEqual([
    expect.objectContaining({
      place: [40, 7, 30, 10],
      classes: Uint8Array.of(200, 3, 3),
      colors: [
        [3, 0, 0, 0],
        [200, 0, 0, 0],
      ],
    }),
  ]);
});
