import type { DeskArguments, DeskOutput } from '../../app/contract/deskApi.ts';
import { type Geometry, mapPositions, positionsOf } from '../../app/vector/geometry.ts';
import { createTransform } from '../vector/crs.ts';
import { readRois } from '../vector/readRois.ts';
import type { TaskContext } from './task.ts';

/** Reads a file of ROIs into the CRS of a project; where one side has none, positions stay. @throws AppError as `readRois` */
export async function importRois(
  { path, crs, classField, layer }: DeskArguments<'rois.import'>,
  { signal }: TaskContext,
): Promise<DeskOutput<'rois.import'>> {
  const set = await readRois(path, {
    ...(classField === undefined ? {} : { classField }),
    ...(layer === undefined ? {} : { layer }),
    signal,
  });
  const warnings = [...(set.warnings ?? [])];
  if (crs !== undefined && set.crs === undefined)
    warnings.push(`${path} names no coordinate system: that of the project was assumed.`);
  const convert =
    crs === undefined || set.crs === undefined ? undefined : createTransform(set.crs, crs);
  warnings.push(...(convert?.warnings ?? []));
  const placed = set.rois
    .map(({ classValue, geometry }) => ({
      classValue,
      geometry: convert === undefined ? geometry : mapPositions(geometry, convert),
    }))
    .filter(({ geometry }) => isSomewhere(geometry));
  const lost = set.rois.length - placed.length;
  if (lost > 0)
    warnings.push(
      `${lost} of ${set.rois.length} ROIs have no place in the coordinate system of the project and were left out.`,
    );
  // the same values; the contract's types only lack the word readonly
  return { classes: set.classes, rois: placed, warnings } as DeskOutput<'rois.import'>;
}

function isSomewhere(geometry: Geometry): boolean {
  for (const [x, y] of positionsOf(geometry))
    if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
  return true;
}
