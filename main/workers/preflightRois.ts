import type { Finding } from '../../app/contract/desk/jobs.ts';
import { type Phrase, phrase } from '../../app/phrase.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { placeRois } from '../../app/vector/placeRois.ts';
import type { RoiSet } from '../../app/vector/roi.ts';
import { type RoiReport, roiPixels } from '../../app/vector/roiPixels.ts';
import { createTransform } from '../vector/crs.ts';
import { finding, findingOfError } from './finding.ts';
import type { SceneSample } from './sceneSample.ts';

/** Pixels of a class that training needs, and those below which its result is a matter of luck. */
const [least, few] = [3, 50];

/** Holds ROIs against what training on a scene needs. */
export function checkRois(
  source: SceneSource,
  sample: SceneSample,
  rois: RoiSet,
  signal: AbortSignal,
): Finding[] {
  const bands = checkBands(source, sample);
  if (rois.rois.length === 0)
    return [
      ...bands,
      finding('red', 'ROIs', phrase('The project has no ROIs on this scene yet.'), 'add-rois'),
    ];
  try {
    const { grid, block } = source.description;
    const placed = placeRois(rois, grid, createTransform);
    const { report } = roiPixels(placed, { block, signal });
    return [...bands, ...checkClasses(report, rois), ...checkOverlap(report, placed.warnings)];
  } catch (error) {
    return [...bands, findingOfError(error, 'ROIs', 'add-rois')];
  }
}

/** Bands that training would refuse or that teach nothing. */
function checkBands({ description }: SceneSource, { bands }: SceneSample): Finding[] {
  const names = (indices: readonly number[]): string =>
    indices
      .slice(0, 8)
      .map((index) => description.bands[index]!.name)
      .join(', ') + (indices.length > 8 ? ' …' : '');
  const usable = [...bands.keys()].filter((index) => description.bands[index]!.bad !== true);
  const empty = usable.filter((index) => {
    const band = bands[index];
    return band === undefined || band.min === band.max;
  });
  const count = usable.length;
  if (empty.length === 0)
    return [finding('green', 'Bands', phrase('All {count} bands carry information.', { count }))];
  if (empty.length === count)
    return [finding('red', 'Bands', phrase('No band carries information where it was looked at.'))];
  const said = phrase(
    '{empty} of {count} bands have no data or one value only where they were looked at: {names}.',
    { empty: empty.length, count, names: names(empty) },
  );
  return [finding('amber', 'Bands', said, 'skip-bands')];
}

function checkClasses({ classes }: RoiReport, rois: RoiSet): Finding[] {
  const drawn = new Set(rois.rois.map(({ classValue }) => classValue));
  const counts = classes.filter(({ value }) => drawn.has(value));
  const list = (some: typeof counts): string =>
    some.map(({ name, pixels }) => `${name} (${pixels})`).join(', ');
  const need = (level: 'amber' | 'red', said: Phrase) => [
    finding(level, 'Classes', said, 'add-rois'),
  ];
  if (counts.filter(({ pixels }) => pixels > 0).length < 2)
    return need('red', phrase('Training needs areas of two classes or more on this scene.'));
  const none = counts.filter(({ pixels }) => pixels < least);
  if (none.length > 0)
    return need(
      'red',
      phrase('Too few pixels, at least {least} a class are needed: {classes}.', {
        least,
        classes: list(none),
      }),
    );
  const scarce = counts.filter(({ pixels }) => pixels < few);
  if (scarce.length > 0)
    return need(
      'amber',
      phrase('Few pixels to learn from, better {few} or more: {classes}.', {
        few,
        classes: list(scarce),
      }),
    );
  const pixels = counts.reduce((sum, landClass) => sum + landClass.pixels, 0);
  const said = phrase('{count} classes with {pixels} pixels.', { count: counts.length, pixels });
  return [finding('green', 'Classes', said)];
}

function checkOverlap({ conflicts, empty }: RoiReport, warnings: readonly string[]): Finding[] {
  const said = warnings.map((warning) => phrase(warning));
  if (conflicts.pixels > 0)
    said.push(
      phrase('{count} pixels lie in areas of different classes and are not used.', {
        count: conflicts.pixels,
      }),
    );
  if (empty.length > 0)
    said.push(
      phrase('{count} ROIs are smaller than a pixel and are not used.', { count: empty.length }),
    );
  return said.length === 0
    ? [finding('green', 'ROIs', phrase('All ROIs lie on the scene and none contradicts another.'))]
    : [finding('amber', 'ROIs', said)];
}
