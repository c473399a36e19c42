import type { Random } from '../random.ts';

/** A tile (bands, side, side) with the class of each pixel, −1 = not labelled. */
export type LabelledTile = { readonly values: Float32Array; readonly labels: Int32Array };

/** Longest side of a rectangle that is pasted, in pixels: that of a roof or a narrow field. */
const longest = 12;

/**
 * Lays labelled pixels of the tiles of a batch over each other, in place: rectangles of 1 to 12 pixels a side around a labelled
 * pixel, at random places, so many that up to the area of a tile is drawn over (Copy-Paste, Ghiasi et al. 2021, with
 * CutMix's rectangles). Polygons are drawn inside fields, off their edges: without this no labelled pixel ever has a neighbour
 * of another class, and a network over tiles learns blobs as large as its tokens. Borders run through pixels as they do on the
 * ground: such a pixel is mixed by area, and has the class of the larger part. The mixture is true of values scaled linearly.
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
    const mixed = new Uint8Array(side * side);
    for (let drawn = 0; drawn < area; ) {
      const donor = donors[random.integer(donors.length)]!;
      const place = donor.places[random.integer(donor.places.length)]!;
      const across = drawSpan(side, place % side, random);
      const down = drawSpan(side, Math.floor(place / side), random);
      lay({ ...tile, mixed }, donor, side, { across, down });
      drawn += across.length * down.length;
    }
  }
}

/** One side of a rectangle, in pixels of the tile that it is laid on. */
type Span = {
  readonly start: number;
  readonly length: number;
  /** Where a pixel of the tile is in the donor, less where it is in the tile. */
  readonly shift: number;
};

function drawSpan(side: number, place: number, random: Random): Span {
  const length = 1 + random.uniform() * (longest - 1);
  const start = random.uniform() * side;
  return {
    start,
    length,
    shift: place - random.integer(Math.ceil(length)) - Math.floor(start),
  };
}

/** Share of the pixel from `at` to `at` + 1 that a span covers. */
const covered = ({ start, length }: Span, at: number): number =>
  Math.max(0, Math.min(at + 1, start + length) - Math.max(at, start));

/**
 * Lays the labelled pixels of a rectangle over a tile; what lies outside either tile is left out. A pixel that is `mixed` already is
 * taken as a whole or not at all, so that its class stays that of its larger part.
 */
function lay(
  onto: LabelledTile & { readonly mixed: Uint8Array },
  { values, labels }: LabelledTile,
  side: number,
  { across, down }: { readonly across: Span; readonly down: Span },
): void {
  const inside = (at: number): boolean => at >= 0 && at < side;
  for (let y = Math.floor(down.start); y < Math.min(side, down.start + down.length); y++)
    for (let x = Math.floor(across.start); x < Math.min(side, across.start + across.length); x++) {
      if (!inside(x + across.shift) || !inside(y + down.shift)) continue;
      const [source, target] = [(y + down.shift) * side + x + across.shift, y * side + x];
      if (labels[source]! < 0) continue;
      const part = covered(across, x) * covered(down, y);
      const share = onto.mixed[target] === 0 ? part : Math.round(part);
      onto.mixed[target] = share === 0 ? onto.mixed[target]! : Number(share < 1);
      if (share > 0.5) onto.labels[target] = labels[source]!;
      for (let plane = 0; plane < values.length; plane += side * side)
        onto.values[plane + target]! +=
          share * (values[plane + source]! - onto.values[plane + target]!);
    }
}

const placesOf = (labels: Int32Array): readonly number[] =>
  [...labels.keys()].filter((pixel) => labels[pixel]! >= 0);
