import type { Finding } from '../../app/contract/desk/jobs.ts';
import { type Phrase, phrase } from '../../app/phrase.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { type RoiSet, roisOfScenes } from '../../app/vector/roi.ts';
import { openScene } from '../raster/formats.ts';
import { finding, findingOfError } from './finding.ts';
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
    return { findings: [findingOfError(error, 'Scene', 'choose-scene')] };
  }
  try {
    const sample = await sampleScene(source, signal);
    const findings = [...checkPlace(source), ...checkData(sample)];
    if (model !== undefined) findings.push(...(await checkModel(source, sample, model)));
    if (rois !== undefined)
      findings.push(...checkRois(source, sample, roisOfScenes(rois, [scene]), signal));
    return { findings };
  } finally {
    await source.close();
  }
}

function checkPlace({ description }: SceneSource): Finding[] {
  const { crs, transform } = description.grid;
  const say = (level: Finding['level'], said: Phrase) => [
    finding(level, 'Coordinate system', said),
  ];
  if (transform === undefined)
    return say(
      'amber',
      phrase(
        'The scene has no georeference: the map will have none, and areas are counted in pixels.',
      ),
    );
  return crs === undefined
    ? say(
        'amber',
        phrase(
          'The scene names no coordinate system: areas are counted in pixels, and ROIs of another file cannot be placed on it.',
        ),
      )
    : say('green', phrase('The scene is georeferenced ({crs}).', { crs: shorter(crs) }));
}

const shorter = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** Least share of pixels with data below which the analyst is told. */
const fewValid = 0.5;

function checkData({ validShare, zeroShare, hasNodata }: SceneSample): Finding[] {
  const say = (level: Finding['level'], said: Phrase, cure?: Finding['cure']) => [
    finding(level, 'Data', said, cure),
  ];
  const percent = Math.round(validShare * 100);
  if (validShare === 0)
    return say(
      'red',
      phrase('No pixel that was looked at has data in every band: there may be nothing to map.'),
      'choose-scene',
    );
  if (validShare < fewValid)
    return say(
      'amber',
      phrase(
        'Only about {percent} % of the scene has data in every band; the rest stays unmapped.',
        { percent },
      ),
    );
  if (!hasNodata && zeroShare > 0.01)
    return say(
      'amber',
      phrase(
        'About {percent} % of the scene is 0 in every band, but the file declares no nodata value: these pixels are mapped too.',
        { percent: Math.round(zeroShare * 100) },
      ),
    );
  return say('green', phrase('About {percent} % of the scene has data.', { percent }));
}
