import { expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { pasteLabelled } from './pasteLabelled.ts';

const [side, count, classes] = [16, 6, 3] as const;

/** Tiles with a plane for each class, and one for none, that say what a pixel is made of; a disc of each is labelled. */
function tiles(): { values: Float32Array; labels: Int32Array }[] {
  return Array.from({ length: count }, (_, tile) => {
    const labels = Int32Array.from({ length: side * side }, (__, i) =>
      Math.hypot((i % side) - 5, Math.floor(i / side) - 7) < 4 ? tile % classes : -1,
    );
    const values = new Float32Array((classes + 1) * side * side);
    for (const [i, label] of labels.entries())
      values[(label < 0 ? classes : label) * side * side + i] = 1;
    return { values, labels };
  });
}

test('labelled pixels come next to other classes; where a border runs through one it is mixed, with the class of its larger part', () => {
  const [before, after] = [tiles(), tiles()];
  pasteLabelled(after, side, createRandom(1, 'paste'));
  let [borders, moved, mixed] = [0, 0, 0];
  for (const [tile, { values, labels }] of after.entries())
    for (const [i, label] of labels.entries()) {
      const parts = Array.from({ length: classes + 1 }, (_, c) => values[c * side * side + i]!);
      const [most, second] = [...parts].sort((a, b) => b - a) as [number, number];
      expect(parts.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 5);
      if (most - second > 1e-4) expect(parts.indexOf(most)).toBe(label < 0 ? classes : label);
      if (most < 0.999) mixed++;
      if (label !== before[tile]!.labels[i]) moved++;
      const right = labels[i + 1] ?? -1;
      if ((i + 1) % side !== 0 && label >= 0 && right >= 0 && right !== label) borders++;
    }
  expect(moved).toBeGreaterThan(100);
  expect(mixed).toBeGreaterThan(50);
  expect(borders).toBeGreaterThan(20);
});

test('the same draw gives the same tiles; without labels nothing is done', () => {
  const [one, two] = [tiles(), tiles()];
  for (const set of [one, two]) pasteLabelled(set, side, createRandom(2, 'paste'));
  expect(one).toEqual(two);
  const bare = tiles().map(({ values, labels }) => ({ values, labels: labels.fill(-1) }));
  const copy = bare.map(({ values }) => values.slice());
  pasteLabelled(bare, side, createRandom(3, 'paste'));
  expect(bare.map(({ values }) => values)).toEqual(copy);
});
