import type { Finding } from '../../app/contract/desk/jobs.ts';
import { AppError } from '../../app/error.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { placeRois } from '../../app/vector/placeRois.ts';
import type { RoiSet } from '../../app/vector/roi.ts';
import { type RoiReport, roiPixels } from '../../app/vector/roiPixels.ts';
import { createTransform } from '../vector/crs.ts';
import type { SceneSample } from './sceneSample.ts';

const addRois = { label: 'Draw more areas', kind: 'add-rois' } as const;
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
      { level: 'red', subject: 'ROIs', message: 'The project has no ROIs yet.', cure: addRois },
    ];
  try {
    const { grid, block } = source.description;
    const placed = placeRois(rois, grid, createTransform);
    const { report } = roiPixels(placed, { block, signal });
    return [...bands, ...checkClasses(report, rois), ...checkOverlap(report, placed.warnings)];
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'cancelled') throw error;
    return [...bands, { level: 'red', subject: 'ROIs', message: error.message, cure: addRois }];
  }
}

/** Bands that training would refuse or that teach nothing. */
function checkBands({ description }: SceneSource, { bands }: SceneSample): Finding[] {
  const subject = 'Bands';
  const names = (indices: readonly number[]): string => {
    const shown = indices.slice(0, 8).map((index) => description.bands[index]!.name);
    return shown.join(', ') + (indices.length > 8 ? ` and ${indices.length - 8} more` : '');
  };
  const usable = [...bands.keys()].filter((index) => description.bands[index]!.bad !== true);
  const empty = usable.filter((index) => {
    const band = bands[index];
    return band === undefined || band.min === band.max;
  });
  if (empty.length === 0)
    return [{ level: 'green', subject, message: `All ${usable.length} bands carry information.` }];
  if (empty.length === usable.length)
    return [
      { level: 'red', subject, message: 'No band carries information where it was looked at.' },
    ];
  return [
    {
      level: 'amber',
      subject,
      message: `${empty.length} of ${usable.length} bands have no data or one value only where they were looked at: ${names(empty)}.`,
      cure: { label: 'Leave out bands without information', kind: 'skip-bands' },
    },
  ];
}

function checkClasses({ classes }: RoiReport, rois: RoiSet): Finding[] {
  const subject = 'Classes';
  const drawn = new Set(rois.rois.map(({ classValue }) => classValue));
  const counts = classes.filter(({ value }) => drawn.has(value));
  const list = (some: typeof counts): string =>
    some.map(({ name, pixels }) => `${name} (${pixels})`).join(', ');
  if (counts.filter(({ pixels }) => pixels > 0).length < 2)
    return [
      {
        level: 'red',
        subject,
        message: 'Training needs areas of two classes or more on this scene.',
        cure: addRois,
      },
    ];
  const none = counts.filter(({ pixels }) => pixels < least);
  if (none.length > 0)
    return [
      {
        level: 'red',
        subject,
        message: `Too few pixels, at least ${least} a class are needed: ${list(none)}.`,
        cure: addRois,
      },
    ];
  const scarce = counts.filter(({ pixels }) => pixels < few);
  if (scarce.length > 0)
    return [
      {
        level: 'amber',
        subject,
        message: `Few pixels to learn from, better ${few} or more: ${list(scarce)}.`,
        cure: addRois,
      },
    ];
  const pixels = counts.reduce((sum, landClass) => sum + landClass.pixels, 0);
  return [
    {
      level: 'green',
      subject,
      message: `${counts.length} classes with ${pixels.toLocaleString('en')} pixels.`,
    },
  ];
}

function checkOverlap({ conflicts, empty }: RoiReport, warnings: readonly string[]): Finding[] {
  const subject = 'ROIs';
  const messages = [...warnings];
  if (conflicts.pixels > 0)
    messages.push(
      `${conflicts.pixels.toLocaleString('en')} pixels lie in areas of different classes and are not used.`,
    );
  if (empty.length > 0)
    messages.push(`${empty.length} ROIs are smaller than a pixel and are not used.`);
  return messages.length === 0
    ? [
        {
          level: 'green',
          subject,
          message: 'All ROIs lie on the scene and none contradicts another.',
        },
      ]
    : [{ level: 'amber', subject, message: messages.join(' ') }];
}
