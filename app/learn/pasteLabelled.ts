import type { Random } from '../random.ts';

/** A tile (bands, side, side) with the class of each pixel, −1 = not labelled. */
export type LabelledTile = { readonly values: Float32Array; readonly labels: Int32Array };

/** Longest side of a rectangle that is pasted, in pixels: that of a roof or a narrow field. */
const longest = 12;

/**
 * Lays labelled pixels of the tiles of a batch over each other, in place: rectangles of 1 to 12 pixels a side around a labelled
 * pixel, at random places, so many that up to the area of a tile is drawn over (Copy-Paste, Ghiasi et al. 2021, with
 * CutMix's rectangles). Polygons are drawn inside fields, off their edges: without this no labelled pixel ever has a neighbour
 * of another class, and a network over tiles learns blobs as large as its tokens.
 */
export function pasteLabelled(tiles: readonly LabelledTile[], side: number, random: Random): void {
  const originals = tiles.map(({ values, labels }) => ({
    values: values.slice(),
    labels: labels.slice(),
    places: placesOf(labels),
  }));
  const donors = originals.filter(({ places }) => places.length > 0);
  if (donors.length === 0) return;
  for (const tile of tiles) {
    const area = random.uniform() * side * side;
    for (let drawn = 0; drawn < area; ) {
      const donor = donors[random.integer(donors.length)]!;
      const place = donor.places[random.integer(donor.places.length)]!;
      const [width, height] = [1 + random.integer(longest), 1 + random.integer(longest)];
      const to = { x: random.integer(side), y: random.integer(side) };
      const from = {
        x: (place % side) - random.integer(width),
        y: Math.floor(place / side) - random.integer(height),
      };
      lay(tile, donor, side, { width, height, from, to });
      drawn += width * height;
    }
  }
}

type Place = { readonly x: number; readonly y: number };

/** Copies the labelled pixels of a rectangle; what lies outside either tile is left out. */
function lay(
  onto: LabelledTile,
  { values, labels }: LabelledTile,
  side: number,
  how: {
    readonly width: number;
    readonly height: number;
    readonly from: Place;
    readonly to: Place;
  },
): void {
  const inside = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < side && y < side;
  const { width, height, from, to } = how;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [x, y] = [from.x + column, from.y + row];
      const [toX, toY] = [to.x + column, to.y + row];
      if (!inside(x, y) || !inside(toX, toY)) continue;
      const [source, target] = [y * side + x, toY * side + toX];
      if (labels[source]! < 0) continue;
      onto.labels[target] = labels[source]!;
      for (let plane = 0; plane < values.length; plane += side * side)
        onto.values[plane + target] = values[plane + source]!;
    }
}

const placesOf = (labels: Int32Array): readonly number[] =>
  [...labels.keys()].filter((pixel) => labels[pixel]! >= 0);
