import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Finding } from '../../app/contract/desk/jobs.ts';
import type { ModelCard } from '../../app/contract/modelCard.ts';
import { AppError } from '../../app/error.ts';
import { matchBands } from '../../app/raster/bandContract.ts';
import { pixelArea } from '../../app/raster/geoTransform.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { readModelCard } from '../engines/modelFolder.ts';
import type { SceneSample } from './sceneSample.ts';

const force = { label: 'Map all the same', kind: 'force' } as const;
const chooseScene = { label: 'Choose another scene', kind: 'choose-scene' } as const;

/** Holds a scene against the card of a model. */
export async function checkModel(
  source: SceneSource,
  sample: SceneSample,
  folder: string,
): Promise<Finding[]> {
  let card: ModelCard;
  try {
    card = await readModelCard(folder);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ level: 'red', subject: 'Model', message: error.message }];
  }
  const match = matchBands(card.bands, source.description.bands, card.training.sceneBands);
  const bands: Finding = {
    level: match.level,
    subject: 'Bands',
    message:
      match.level === 'green'
        ? `The scene has the ${card.bands.length} bands of the model.`
        : match.findings.join(' '),
    ...(match.level !== 'red' ? {} : { cure: match.indices === undefined ? chooseScene : force }),
  };
  const findings = [bands, ...checkResolution(source, card)];
  const trained = await trainedMeans(folder);
  if (match.indices !== undefined && trained !== undefined)
    findings.push(checkValues(match.indices, sample, trained));
  return findings;
}

/** Ratio of pixel sizes from which spectra of mixed pixels differ. */
const similarResolution = 1.5;

function checkResolution({ description }: SceneSource, { resolution }: ModelCard): Finding[] {
  const { transform } = description.grid;
  if (resolution === undefined || transform === undefined) return [];
  const own = Math.sqrt(pixelArea(transform));
  const ratio = Math.max(own / resolution, resolution / own);
  const size = (value: number): string => `${Number(value.toPrecision(3))} map units`;
  const subject = 'Resolution';
  if (ratio <= similarResolution)
    return [{ level: 'green', subject, message: `Pixels are ${size(own)} wide, as in training.` }];
  return [
    {
      level: 'amber',
      subject,
      message: `Pixels are ${size(own)} wide; in training they were ${size(resolution)}. Classes that depend on what a pixel mixes may be confused.`,
    },
  ];
}

const signatures = z.object({
  perClass: z.array(z.object({ count: z.number(), mean: z.array(z.number()) })),
});

/** Mean of each band over the training pixels; undefined where the model does not tell. */
async function trainedMeans(folder: string): Promise<readonly number[] | undefined> {
  const text = await readFile(join(folder, 'signatures.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = signatures.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  const classes = parsed.data.perClass.filter(({ count }) => count > 0);
  const total = classes.reduce((sum, { count }) => sum + count, 0);
  return classes[0]?.mean.map(
    (_, band) => classes.reduce((sum, { count, mean }) => sum + count * mean[band]!, 0) / total,
  );
}

/** Means that differ by more are values of another unit (reflectance as 0 to 1 or 0 to 10,000), not another season. */
const sameUnit = 5;

function checkValues(
  indices: readonly number[],
  { bands }: SceneSample,
  trained: readonly number[],
): Finding {
  const subject = 'Values';
  const ratios = indices
    .map(
      (index, position) =>
        Math.abs(bands[index]?.mean ?? Number.NaN) / Math.abs(trained[position]!),
    )
    .filter((ratio) => Number.isFinite(ratio) && ratio > 0)
    .toSorted((a, b) => a - b);
  const ratio = ratios[ratios.length >> 1] ?? 1;
  if (ratio <= sameUnit && ratio >= 1 / sameUnit)
    return { level: 'green', subject, message: 'The values are of the size seen in training.' };
  const times = Number((ratio > 1 ? ratio : 1 / ratio).toPrecision(2)).toLocaleString('en');
  return {
    level: 'red',
    subject,
    message: `The values are about ${times} times ${ratio > 1 ? 'larger' : 'smaller'} than in training: the scene is in another unit, or not corrected in the same way. Choose a scene of the same processing, or set its scale.`,
    cure: chooseScene,
  };
}
