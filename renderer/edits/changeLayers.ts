import type { SceneStyle } from '../../app/project/rows.ts';

/** Probabilities from 0 to 1, light where they are high; below the threshold the scene is seen. */
export const probabilityLook = (threshold: number): Partial<SceneStyle> => ({
  mode: 'single',
  stretch: 'manual',
  limits: [[0, 1]],
  palette: 'magma',
  threshold,
});

/** Value of "unchanged" in a map of changes (main/workers/change/thresholdMap.ts). */
const unchanged = 1;

/** What is unchanged hides nothing of the scene below. */
export const unchangedHidden: Partial<SceneStyle> = { hidden: [unchanged] };
