import { type Cell, hash, nearestCell } from './noise.ts';
import { type Layout, put, type Site } from './site.ts';

const cell: Cell = { id: 0, neighbour: 0, x: 0, y: 0, border: 0 };

/** Streets, houses with gardens, or halls with yards, by quarter. True where something of the town is there. */
export function placeBuilt(layout: Layout, x: number, y: number, site: Site): boolean {
  nearestCell(x, y, 120, layout.seed + 83, cell);
  const quarter = cell.id;
  const angle = ((quarter & 0xff) / 256) * Math.PI;
  // Houses are of the same size in pixels whatever the scale, else a small scene would have none that can be seen.
  const dx = (x - cell.x) * layout.scale;
  const dy = (y - cell.y) * layout.scale;
  const u = Math.cos(angle) * dx + Math.sin(angle) * dy;
  const v = Math.cos(angle) * dy - Math.sin(angle) * dx;
  if ((quarter >>> 8) % 5 < 2) return halls(u, v, quarter, site);
  return houses(u, v, quarter, site);
}

/** Blocks of two rows of houses between streets. */
function houses(u: number, v: number, quarter: number, site: Site): boolean {
  const [acrossU, blockU] = within(u, 18);
  const [acrossV, blockV] = within(v, 42);
  if (acrossU < 1.7 || acrossV < 1.7)
    return placed(site, 'asphalt', hash(blockU >> 2, blockV >> 2, quarter));
  const [lotU, rowU] = within(acrossU - 1.7, 8.15);
  const [lotV, rowV] = within(acrossV - 1.7, 8.06);
  const lot = hash(blockU * 8 + rowU, blockV * 16 + rowV, quarter);
  const draw = (lot >>> 20) & 15;
  const margin = 1 + ((lot >>> 4) & 3) * 0.35;
  const depth = 8 - margin - ((lot >>> 6) & 3) * 0.6;
  const house = lotU > margin && lotU < depth && lotV > margin && lotV < depth;
  if (house && draw > 1) {
    const roof =
      draw < 11 ? 'clay-tile' : draw < 13 ? 'concrete' : draw < 14 ? 'metal-roof' : 'asphalt';
    return placed(site, roof, lot);
  }
  return placed(site, 'garden', hash(blockU, blockV, quarter + 1));
}

/** Large halls on paved yards. */
function halls(u: number, v: number, quarter: number, site: Site): boolean {
  const [acrossU, blockU] = within(u, 34);
  const [acrossV, blockV] = within(v, 46);
  const lot = hash(blockU, blockV, quarter);
  if (acrossU < 2 || acrossV < 2)
    return placed(site, 'asphalt', hash(blockU >> 1, blockV >> 1, quarter));
  const inside = acrossU > 6 && acrossU < 27 + (lot & 3) && acrossV > 6 && acrossV < 30 + (lot & 7);
  const draw = (lot >>> 16) & 15;
  if (inside && draw > 2)
    return placed(site, draw < 7 ? 'metal-roof' : draw < 12 ? 'concrete' : 'clay-tile', lot);
  if (!inside && draw % 3 === 0) return placed(site, 'garden', lot + 1);
  return placed(site, (lot & 0x100) === 0 ? 'asphalt' : 'concrete', lot + 2);
}

/** A farm or two in open country: some roofs in a garden. True where it is. */
export function placeHamlet(layout: Layout, x: number, y: number, site: Site): boolean {
  nearestCell(x, y, 150, layout.seed + 89, cell);
  if (cell.id % 3 !== 0) return false;
  const u = (x - cell.x) * layout.scale;
  const v = (y - cell.y) * layout.scale;
  if (Math.hypot(u, v) > 9) return false;
  const roof = (u > -5 && u < 0.5 && v > -4 && v < -0.5) || (u > 1.5 && u < 5 && v > -3 && v < 4);
  if (roof) return placed(site, 'clay-tile', cell.id);
  const yard = u > -5 && u < 1.5 && v > -0.5 && v < 3;
  return placed(site, yard ? 'concrete' : 'garden', cell.id + 1);
}

function placed(site: Site, surface: Parameters<typeof put>[1], parcel: number): true {
  put(site, surface, parcel);
  return true;
}

/** Position inside a repeated interval, and which one. */
function within(position: number, period: number): readonly [number, number] {
  const number = Math.floor(position / period);
  return [position - number * period, number];
}
