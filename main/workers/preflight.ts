import type { Finding } from '../../app/contract/desk/jobs.ts';
import { AppError } from '../../app/error.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import type { RoiSet } from '../../app/vector/roi.ts';
import { openScene } from '../raster/formats.ts';
import { checkModel } from './preflightModel.ts';
import { checkRois } from './preflightRois.ts';
import { type SceneSample, sampleScene } from './sceneSample.ts';
import type { TaskContext } from './task.ts';

type PreflightInput = {
  readonly scene: string;
  readonly model?: string;
  readonly rois?: RoiSet;
};

/**
 * Holds a scene against what a run asks of it, from headers and a few small windows: a second or two, whatever the size of
 * the scene. Red is what would stop the run or make its result worthless, amber what the analyst should know.
 */
export async function preflight(
  { scene, model, rois }: PreflightInput,
  { signal }: TaskContext,
): Promise<{ findings: Finding[] }> {
  let source: SceneSource;
  try {
    source = await openScene(scene);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { findings: [red('Scene', error.message, chooseScene)] };
  }
  try {
    const sample = await sampleScene(source, signal);
    const findings = [...checkPlace(source), ...checkData(sample)];
    if (model !== undefined) findings.push(...(await checkModel(source, sample, model)));
    if (rois !== undefined) findings.push(...checkRois(source, sample, rois, signal));
    return { findings };
  } finally {
    await source.close();
  }
}

const chooseScene = { label: 'Choose another scene', kind: 'choose-scene' } as const;

function red(subject: string, message: string, cure?: Finding['cure']): Finding {
  return { level: 'red', subject, message, ...(cure === undefined ? {} : { cure }) };
}

function checkPlace({ description }: SceneSource): Finding[] {
  const { crs, transform } = description.grid;
  const subject = 'Coordinate system';
  if (crs !== undefined && transform !== undefined)
    return [{ level: 'green', subject, message: `The scene is georeferenced (${shorter(crs)}).` }];
  const message =
    transform === undefined
      ? 'The scene has no georeference: the map will have none, and areas are counted in pixels.'
      : 'The scene names no coordinate system: areas are counted in pixels, and ROIs of another file cannot be placed on it.';
  return [{ level: 'amber', subject, message }];
}

const shorter = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** Least share of pixels with data below which the analyst is told. */
const fewValid = 0.5;

function checkData({ validShare, zeroShare, hasNodata }: SceneSample): Finding[] {
  const subject = 'Data';
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  if (validShare === 0)
    return [
      red(
        subject,
        'No pixel that was looked at has data in every band: there may be nothing to map.',
        chooseScene,
      ),
    ];
  if (validShare < fewValid)
    return [
      {
        level: 'amber',
        subject,
        message: `Only about ${percent(validShare)} of the scene has data in every band; the rest stays unmapped.`,
      },
    ];
  if (!hasNodata && zeroShare > 0.01)
    return [
      {
        level: 'amber',
        subject,
        message: `About ${percent(zeroShare)} of the scene is 0 in every band, but the file declares no nodata value: these pixels are mapped too.`,
      },
    ];
  return [
    { level: 'green', subject, message: `About ${percent(validShare)} of the scene has data.` },
  ];
}
