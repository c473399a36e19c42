import { createRandom, type Random } from '../random.ts';
import { toMap } from '../raster/geoTransform.ts';
import type { Window } from '../raster/grid.ts';
import type { Position, Ring } from '../vector/geometry.ts';
import type { LandClass, Roi, RoiSet } from '../vector/roi.ts';
import { siteAt } from './layout.ts';
import type { Sample } from './sample.ts';
import { isOutsideSwath } from './sampleWindow.ts';
import type { Site } from './site.ts';

/** A training area in pixel coordinates. */
type Drawn = {
  readonly value: number;
  readonly x: number;
  readonly y: number;
  /** Farthest corner from the middle. */
  readonly reach: number;
  readonly ring: Ring;
};

/** Corners of one polygon, and how far one may reach, in pixels. */
const corners = 14;
const longest = 11;
/** Room between the areas of two polygons, in pixels of a scene of full scale. */
const apart = 6;
/** Places tried before a class has to be content with what it has. */
const attempts = 12_000;

/**
 * Training polygons as an analyst draws them: inside one field, stand or roof, off its edges, apart from each
 * other, in the scene's CRS. They never overlap. Six to eight for a class, or 14 to 16 where there are few bands: bare soil and
 * harvested cereals need as many to be told apart. Small scenes may give fewer.
 *
 * @param of What to label: the classes, or the kinds of change of a pair.
 */
export function sampleRois(sample: Sample, of: 'classes' | 'changes' = 'classes'): RoiSet {
  const classes = of === 'classes' ? sample.classes : (sample.changes ?? []);
  const drawn = draw(sample, of, classes);
  const transform = sample.grid.transform!;
  const rois: Roi[] = drawn.map((area, i) => ({
    id: `roi-${i + 1}`,
    classValue: area.value,
    geometry: {
      kind: 'polygons',
      polygons: [{ outer: area.ring.map(([x, y]) => toMap(transform, x, y)), holes: [] }],
    },
  }));
  return {
    uri: `sample:${sample.kind}`,
    ...(sample.grid.crs === undefined ? {} : { crs: sample.grid.crs }),
    classes,
    rois,
  };
}

/**
 * The reference of a window without the training areas: 0 where a pixel meets or touches one of `rois` (as given by
 * `sampleRois`). This is what a map is to be measured against.
 */
export function heldOut(
  sample: Sample,
  rois: RoiSet,
  window: Window,
  reference: Uint8Array,
): Uint8Array {
  const result = Uint8Array.from(reference);
  const [originX, stepX, , originY, , stepY] = sample.grid.transform!;
  for (const { geometry } of rois.rois) {
    if (geometry.kind !== 'polygons') continue;
    for (const { outer } of geometry.polygons) {
      const ring = outer.map(
        ([x, y]): Position => [(x - originX) / stepX - window.x, (y - originY) / stepY - window.y],
      );
      clearRing(result, window, ring);
    }
  }
  return result;
}

/** Clears the pixels whose centre lies in a ring or within one pixel of it. */
function clearRing(values: Uint8Array, window: Window, ring: Ring): void {
  const xs = ring.map(([x]) => x);
  const ys = ring.map(([, y]) => y);
  const lastColumn = Math.min(window.width - 1, Math.ceil(Math.max(...xs)) + 1);
  const lastRow = Math.min(window.height - 1, Math.ceil(Math.max(...ys)) + 1);
  for (let row = Math.max(0, Math.floor(Math.min(...ys)) - 1); row <= lastRow; row++) {
    for (
      let column = Math.max(0, Math.floor(Math.min(...xs)) - 1);
      column <= lastColumn;
      column++
    ) {
      if (isNear(ring, column + 0.5, row + 0.5)) values[row * window.width + column] = 0;
    }
  }
}

/** Whether a point is in a ring (even-odd) or within one unit of its border. */
function isNear(ring: Ring, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0; i < ring.length; i++) {
    const [ax, ay] = ring[i]!;
    const [bx, by] = ring[(i + 1) % ring.length]!;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    const along = length === 0 ? 0 : ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length;
    const t = Math.max(0, Math.min(1, along));
    if (Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)) <= 1) return true;
  }
  return inside;
}

function draw(
  sample: Sample,
  of: 'classes' | 'changes',
  classes: readonly LandClass[],
): readonly Drawn[] {
  const random = createRandom(sample.seed, 'rois', of);
  const fewest = of === 'classes' && sample.kind !== 'hyperspectral' ? 14 : 6;
  const wanted = new Map(classes.map(({ value }) => [value, fewest + random.integer(3)]));
  const looker = createLooker(sample, of);
  const found: Drawn[] = [];
  const parcels = new Set<number>();
  // First one polygon a parcel; where a class has too few parcels (a river, a road), several in one.
  for (const repeat of [false, true]) {
    for (let i = 0; i < attempts; i++) {
      const x = random.uniform() * sample.grid.width;
      const y = random.uniform() * sample.grid.height;
      const { value, parcel } = looker(x, y);
      const missing = wanted.get(value) ?? 0;
      if (missing === 0 || (!repeat && parcels.has(parcel))) continue;
      const area = outline({ looker, random, scale: sample.layout.scale, value, x, y }, found);
      if (area === undefined) continue;
      found.push(area);
      parcels.add(parcel);
      wanted.set(value, missing - 1);
    }
  }
  return found.sort((a, b) => a.value - b.value);
}

/** What an analyst sees at a pixel position: its class and the parcel that it belongs to; class 0 outside. */
type Looker = (x: number, y: number) => { readonly value: number; readonly parcel: number };

function createLooker(sample: Sample, of: 'classes' | 'changes'): Looker {
  const site: Site = { surface: 0, parcel: 0, change: 0 };
  const { width, height } = sample.grid;
  const builtUp =
    sample.kind === 'hyperspectral'
      ? undefined
      : sample.classes.find(({ macroclass }) => macroclass === 'Built-up')?.value;
  return (x, y) => {
    const outside = x < 2 || y < 2 || x > width - 2 || y > height - 2;
    if (outside || isOutsideSwath(sample, x, y)) return { value: 0, parcel: -1 };
    siteAt(sample.layout, x / sample.layout.scale, y / sample.layout.scale, of === 'changes', site);
    const value =
      of === 'changes' ? sample.valueOfChange[site.change] : sample.valueOfSurface[site.surface];
    // At 10 m an analyst outlines part of a settlement, not single roofs.
    const settlement = value === builtUp && of === 'classes';
    return { value: value!, parcel: settlement ? -2 : site.parcel * 16 + site.surface };
  };
}

type Start = {
  readonly looker: Looker;
  readonly random: Random;
  /** Pixels for one unit of the landscape. */
  readonly scale: number;
  readonly value: number;
  readonly x: number;
  readonly y: number;
};

/** A star-shaped polygon about a place, kept off the edges of its parcel; undefined where there is no room. */
function outline(
  { looker, random, scale, value, x, y }: Start,
  others: readonly Drawn[],
): Drawn | undefined {
  const here = looker(x, y);
  const reach = 3 + random.uniform() * (longest * scale - 3);
  const turn = random.uniform() * Math.PI * 2;
  const spokes = Array.from({ length: corners }, (_, i) => {
    const angle = turn + (i * 2 * Math.PI) / corners;
    const free = freeLength(looker, here, {
      x,
      y,
      dx: Math.cos(angle),
      dy: Math.sin(angle),
      reach,
    });
    return {
      angle,
      length: (free === reach ? free : free - 0.6) * (0.85 + 0.15 * random.uniform()),
    };
  });
  if (spokes.some(({ length }) => length < 0.35)) return undefined;
  const ring = spokes.map(
    ({ angle, length }): Position => [x + Math.cos(angle) * length, y + Math.sin(angle) * length],
  );
  const farthest = Math.max(...spokes.map(({ length }) => length));
  if (areaOf(ring) < 5) return undefined;
  const clear = others.every(
    (other) => Math.hypot(other.x - x, other.y - y) > other.reach + farthest + apart * scale,
  );
  return clear ? { value, x, y, reach: farthest, ring } : undefined;
}

type Ray = {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly reach: number;
};

/** How far one can go in a direction and stay in the parcel. */
function freeLength(looker: Looker, here: ReturnType<Looker>, ray: Ray): number {
  for (let length = 0.4; length < ray.reach; length += 0.4) {
    const there = looker(ray.x + ray.dx * length, ray.y + ray.dy * length);
    if (there.value !== here.value || there.parcel !== here.parcel) return length - 0.4;
  }
  return ray.reach;
}

function areaOf(ring: Ring): number {
  const twice = ring.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length]!;
    return sum + x * nextY - nextX * y;
  }, 0);
  return Math.abs(twice) / 2;
}
