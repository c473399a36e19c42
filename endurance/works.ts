import { batch } from './works/batch.ts';
import { project } from './works/project.ts';
import { raster } from './works/raster.ts';
import { training } from './works/training.ts';
import { weights } from './works/weights.ts';

/** What is interrupted. One more: a row here. */
export const works = [training, batch, raster, project, weights] as const;
