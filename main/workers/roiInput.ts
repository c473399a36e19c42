import type { Input } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';

/** Training on scenes with ROIs. */
export type RoiInput = Input<'train'> & { readonly rois: string };

/** @throws AppError `usage` where a scene or the ROIs are not given */
export function requireRois(input: Input<'train'>): RoiInput {
  const { rois, scene } = input;
  if (rois !== undefined && scene.length > 0) return { ...input, rois };
  throw new AppError(
    'usage',
    `Training on ROIs needs ${scene.length === 0 ? 'a scene: give --scene' : 'the ROIs: give --rois'}.`,
  );
}
