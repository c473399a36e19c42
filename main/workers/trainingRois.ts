import type { Input } from '../../app/contract/api.ts';
import type { RoiSet } from '../../app/vector/roi.ts';
import { readRois } from '../vector/readRois.ts';

/** The ROIs that a training run names. */
export async function readTrainingRois({
  rois,
  classField,
  layer,
}: Input<'train'>): Promise<RoiSet> {
  return readRois(rois, {
    ...(classField === undefined ? {} : { classField }),
    ...(layer === undefined ? {} : { layer }),
  });
}
