import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, parse as parsePath } from 'node:path';
import type { GeoTransform } from '../../../app/raster/geoTransform.ts';
import { parse } from './gdalMetadata.ts';
import { limits } from './limits.ts';
import { parseWorldFile } from './transform.ts';
import { childrenOf, type XmlElement } from './xml.ts';

/** What files beside a raster add to it. */
export type Sidecars = {
  /** World file, used where the raster has no transform of its own. */
  readonly world?: GeoTransform;
  readonly overviewFile?: string;
  readonly maskFile?: string;
  /** `.aux.xml` of GDAL. */
  readonly auxiliary?: Auxiliary;
  readonly files: readonly string[];
};

/** The part of an `.aux.xml` file that is used. */
export type Auxiliary = {
  /** Goes before the raster's own, as in GDAL. */
  readonly transform?: GeoTransform;
  readonly bands: ReadonlyMap<number, AuxiliaryBand>;
};

export type AuxiliaryBand = {
  readonly description?: string;
  readonly nodata?: string;
  readonly categories?: readonly string[];
  readonly items: ReadonlyMap<string, string>;
};

/** Looks beside a local file. */
export function findSidecars(path: string): Sidecars {
  const files: string[] = [];
  const found = (candidate: string): string | undefined => {
    if (!existsSync(candidate) || !statSync(candidate).isFile()) return undefined;
    files.push(candidate);
    return candidate;
  };
  const overviewFile = found(`${path}.ovr`);
  const maskFile = found(`${path}.msk`);
  const auxiliaryFile = found(`${path}.aux.xml`);
  const worldFile = worldNames(path)
    .map(found)
    .find((name) => name !== undefined);
  const world = worldFile === undefined ? undefined : parseWorldFile(readSmall(worldFile));
  const auxiliary =
    auxiliaryFile === undefined
      ? undefined
      : parseAuxiliary(auxiliaryFile, readSmall(auxiliaryFile));
  return {
    files,
    ...(world === undefined ? {} : { world }),
    ...(overviewFile === undefined ? {} : { overviewFile }),
    ...(maskFile === undefined ? {} : { maskFile }),
    ...(auxiliary === undefined ? {} : { auxiliary }),
  };
}

function worldNames(path: string): string[] {
  const { dir, name, ext } = parsePath(path);
  const short = ext.length > 2 ? `.${ext[1]}${ext.at(-1)}w` : '.tfw';
  return [...new Set([short, '.tfw', `${ext}w`, '.wld'])].map((ending) => join(dir, name + ending));
}

function readSmall(path: string): string {
  return statSync(path).size > limits.fieldBytes ? '' : readFileSync(path, 'utf8');
}

function parseAuxiliary(path: string, text: string): Auxiliary | undefined {
  const root = parse(path, text);
  const dataset = root === undefined ? undefined : childrenOf(root, 'PAMDataset')[0];
  if (dataset === undefined) return undefined;
  const bands = new Map<number, AuxiliaryBand>();
  for (const element of childrenOf(dataset, 'PAMRasterBand')) {
    const index = Number(element.attributes.get('band')) - 1;
    if (Number.isInteger(index) && index >= 0) bands.set(index, auxiliaryBand(element));
  }
  const words = childrenOf(dataset, 'GeoTransform')[0]?.text.split(',').map(Number) ?? [];
  const stated = words.length === 6 && words.every(Number.isFinite);
  return { bands, ...(stated ? { transform: words as unknown as GeoTransform } : {}) };
}

function auxiliaryBand(element: XmlElement): AuxiliaryBand {
  const text = (name: string): string | undefined => childrenOf(element, name)[0]?.text;
  const items = new Map<string, string>();
  for (const list of childrenOf(element, 'Metadata')) {
    for (const item of childrenOf(list, 'MDI')) {
      const key = item.attributes.get('key');
      if (key !== undefined) items.set(key.toUpperCase(), item.text);
    }
  }
  for (const name of ['Scale', 'Offset', 'UnitType']) {
    const value = text(name);
    if (value !== undefined) items.set(name.toUpperCase(), value);
  }
  const names = childrenOf(element, 'CategoryNames')[0];
  const description = text('Description');
  const nodata = text('NoDataValue');
  return {
    items,
    ...(description === undefined ? {} : { description }),
    ...(nodata === undefined ? {} : { nodata }),
    ...(names === undefined
      ? {}
      : { categories: childrenOf(names, 'Category').map((c) => c.text) }),
  };
}
