import type { SurfaceName } from './library.ts';
import { riverDistance, roadDistance } from './lines.ts';
import { type Cell, fractalNoise, gradientNoise, hash, nearestCell, uniform } from './noise.ts';
import { type Layout, put, type Site } from './site.ts';
import { placeBuilt, placeHamlet } from './town.ts';

// Where everything lies. A position is in pixels from the scene's corner, divided by `scale`; what is there depends on the
// position and the seed alone. Lakes, forests and towns are where smooth noise passes a level; fields are strips of blocks.

/** The landscape of a seed. Levels are quantiles over the scene, so that every scene has some of everything. */
export function createLayout(seed: number, size: number): Layout {
  const scale = Math.min(1, Math.max(0.4, size / 300));
  const units = size / scale;
  const share = (field: (x: number, y: number) => number) => {
    const values: number[] = [];
    for (let j = 0; j < 48; j++) {
      for (let i = 0; i < 48; i++)
        values.push(field(((i + 0.5) / 48) * units, ((j + 0.5) / 48) * units));
    }
    values.sort((a, b) => a - b);
    return (quantile: number) => values[Math.floor(quantile * values.length)]!;
  };
  const ground = share((x, y) => elevation(seed, x, y));
  const woods = share((x, y) => woodedness(seed, x, y));
  const towns = share((x, y) => townness(seed, x, y));
  return {
    seed,
    scale,
    extent: Math.min(units, 900),
    level: {
      water: ground(0.075),
      drought: ground(0.058),
      wetland: ground(0.125),
      forest: woods(0.72),
      town: towns(0.915),
      suburb: towns(0.86),
    },
  };
}

/** Height of the ground without unit, about −1 to 1; smoother with fewer octaves. */
export function elevation(seed: number, x: number, y: number, octaves = 4): number {
  return fractalNoise(x / 240, y / 240, seed + 11, octaves);
}

function woodedness(seed: number, x: number, y: number): number {
  return (
    fractalNoise(x / 170, y / 170, seed + 23, 4) + 0.3 * gradientNoise(x / 240, y / 240, seed + 11)
  );
}

function townness(seed: number, x: number, y: number): number {
  return fractalNoise(x / 230, y / 230, seed + 37, 2);
}

const cell: Cell = { id: 0, neighbour: 0, x: 0, y: 0, border: 0 };

/**
 * What is at (x, y), in landscape units. `second` asks for the second date, on which some stands are felled, some fields built
 * over, the lakes lower and some fields under another crop.
 */
export function siteAt(layout: Layout, x: number, y: number, second: boolean, site: Site): void {
  site.change = 0;
  const { seed, level } = layout;
  if (roadDistance(layout, x, y) < 0) return put(site, 'asphalt', seed & 0xff);
  const river = riverDistance(layout, x, y);
  if (river < 0) return put(site, 'water', 1);
  const height = elevation(seed, x, y);
  if (height < level.water) {
    if (!second || height < level.drought) return put(site, 'water', 1);
    site.change = 3;
    return put(site, 'mud', 2);
  }
  const fringe = 0.55 + 1.3 * gradientNoise(x / 38, y / 38, seed + 41);
  if (height < level.water + (level.wetland - level.water) * Math.min(1, fringe)) {
    return put(site, 'reed', 3 + (hash(Math.floor(x / 60), Math.floor(y / 60), seed) & 3));
  }
  if (river < 4 && fringe > 0.75) return put(site, 'reed', 7);
  const town = townness(seed, x, y);
  if (town > level.town && placeBuilt(layout, x, y, site)) return;
  if (woodedness(seed, x, y) > level.forest) return placeForest(layout, x, y, second, site);
  if (placeHamlet(layout, x, y, site)) return;
  placeField(layout, x, y, site, {
    second,
    wet: river < 9 || height < level.wetland + 0.05,
    suburb: town > level.suburb,
  });
}

/** Stands of one kind of tree each; needle leaves where a slow noise says so. */
function placeForest(layout: Layout, x: number, y: number, second: boolean, site: Site): void {
  const { seed } = layout;
  const warpX = x + 9 * gradientNoise(x / 30, y / 30, seed + 53);
  const warpY = y + 9 * gradientNoise(x / 30, y / 30, seed + 59);
  nearestCell(warpX, warpY, 42, seed + 61, cell);
  const stand = cell.id;
  const needles = gradientNoise(cell.x / 160, cell.y / 160, seed + 67) * 1.1 + 0.53;
  const draw = (stand >>> 8) & 0xff;
  if (second && (stand & 15) < 2) {
    site.change = 1;
    return put(site, 'stubble', stand);
  }
  // Some clearings are there on both dates, so that a felled stand is not the only bare ground among trees.
  if ((stand & 15) === 7 && draw < 90) return put(site, draw < 40 ? 'stubble' : 'meadow', stand);
  put(site, draw / 256 < needles ? 'conifer' : 'broadleaf', stand);
}

type FieldSetting = { readonly second: boolean; readonly wet: boolean; readonly suburb: boolean };

/** Blocks of parallel strips, with tracks or hedges between blocks. */
function placeField(layout: Layout, x: number, y: number, site: Site, setting: FieldSetting): void {
  const { seed } = layout;
  nearestCell(x, y, 125, seed + 71, cell);
  const block = cell.id;
  const between = hash(block ^ cell.neighbour, 5, seed) & 3;
  if (between === 0 && cell.border < 1.5) return put(site, 'broadleaf', 11);
  if (between === 1 && cell.border < 0.8) return put(site, 'asphalt', 12);
  const angle = ((block & 0xff) / 256) * Math.PI;
  const dx = x - cell.x;
  const dy = y - cell.y;
  const across = Math.cos(angle) * dx + Math.sin(angle) * dy;
  const along = Math.cos(angle) * dy - Math.sin(angle) * dx;
  const strip = Math.floor(across / (15 + ((block >>> 8) & 15)));
  const length = 48 + ((block >>> 12) & 63);
  const piece = Math.floor(along / length + uniform(strip, block & 0xffff, seed));
  const parcel = hash(strip, piece, block);
  if (setting.second && setting.suburb && (parcel & 3) < 2) {
    site.change = 2;
    if (!placeBuilt(layout, x, y, site)) put(site, 'soil', parcel);
    return;
  }
  put(site, crop(parcel, setting), parcel);
}

/** What grows on a field. On the second date one field in seven bears another crop, which counts as no change. */
function crop(parcel: number, { second, wet }: FieldSetting): SurfaceName {
  const rotated = second && (parcel >>> 24) % 7 === 0;
  const draw = ((parcel >>> 12) & 0xff) / 256;
  if (draw < (wet ? 0.72 : 0.24)) return 'meadow';
  const crops = [
    'cereal',
    'cereal',
    'cereal',
    'maize',
    'maize',
    'rapeseed',
    'rapeseed',
    'soil',
    'soil',
    'stubble',
  ] as const;
  const place = ((parcel >>> 4) & 0xff) + (rotated ? 77 : 0);
  return crops[Math.floor(((place % 256) / 256) * crops.length)]!;
}
