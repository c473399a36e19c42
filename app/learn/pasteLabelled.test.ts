import { expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { pasteLabelled } from './pasteLabelled.ts';

const [side, count, classes] = [16, 6, 3] as const;

/** Tiles whose first plane names every pixel of all of them and whose second is its class; a disc of each is labelled. */
function tiles(): { values: Float32Array; labels: Int32Array }[] {
  return Array.from({ length: count }, (_, tile) => {
    const labels = Int32Array.from({ length: side * side }, (__, i) =>
      Math.hypot((i % side) - 5, Math.floor(i / side) - 7) < 4 ? tile % classes : -1,
    );
    const values = new Float32Array(2 * side * side);
    for (const [i, label] of labels.entries()) {
      values[i] = tile * side * side + i;
      values[side * side + i] = label;
    }
    return { values, labels };
  });
}

test('labelled pixels go with their values and labels, next to other classes; others stay where they are', () => {
  const [before, after] = [tiles(), tiles()];
  pasteLabelled(after, side, createRandom(1, 'paste'));
  let [borders, moved] = [0, 0];
  for (const [tile, { values, labels }] of after.entries())
    for (const [i, label] of labels.entries()) {
      expect(values[side * side + i]).toBe(label);
      const name = values[i]!;
      const [from, at] = [Math.floor(name / (side * side)), name % (side * side)];
      expect(before[from]!.labels[at]).toBe(label);
      if (label < 0) expect(name).toBe(tile * side * side + i);
      if (name !== tile * side * side + i) moved++;
      const right = labels[i + 1] ?? -1;
      if ((i + 1) % side !== 0 && label >= 0 && right >= 0 && right !== label) borders++;
    }
  expect(moved).toBeGreaterThan(100);
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
