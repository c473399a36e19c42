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
import type { BandSample, SceneSample } from './sceneSample.ts';

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
  const trained = await trainedFigures(folder);
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
  perClass: z.array(
    z.object({ count: z.number(), mean: z.array(z.number()), deviation: z.array(z.number()) }),
  ),
});

type BandFigures = { readonly mean: number; readonly deviation: number };

/** Mean and deviation of each band over all training pixels; undefined where the model does not tell. */
async function trainedFigures(folder: string): Promise<readonly BandFigures[] | undefined> {
  const text = await readFile(join(folder, 'signatures.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = signatures.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  const classes = parsed.data.perClass.filter(({ count }) => count > 0);
  const total = classes.reduce((sum, { count }) => sum + count, 0);
  return classes[0]?.mean.map((_, band) => {
    const mean = classes.reduce((sum, one) => sum + one.count * one.mean[band]!, 0) / total;
    const squares = classes.reduce(
      (sum, one) => sum + one.count * (one.deviation[band]! ** 2 + (one.mean[band]! - mean) ** 2),
      0,
    );
    return { mean, deviation: Math.sqrt(squares / total) };
  });
}

/** Deviations that differ by more are those of another unit (reflectance as 0 to 1 or 0 to 10,000), not another landscape. */
const otherUnit = 30;
/** From here on, and where means lie farther apart than so many deviations, the analyst is told. */
const [unlike, farApart] = [5, 3];

/** Compares how values are spread, which a shift (an offset of the processing) does not hide. */
function checkValues(
  indices: readonly number[],
  { bands }: SceneSample,
  trained: readonly BandFigures[],
): Finding {
  const subject = 'Values';
  const pairs = indices
    .map((index, position) => ({ own: bands[index], then: trained[position] }))
    .filter(
      (pair): pair is { own: BandSample; then: BandFigures } =>
        pair.own !== undefined && (pair.then?.deviation ?? 0) > 0,
    );
  const spread = median(pairs.map(({ own, then }) => own.deviation / then.deviation)) ?? 1;
  const shift = median(
    pairs.map(({ own, then }) => Math.abs(own.mean - then.mean) / then.deviation),
  );
  const factor = Math.max(spread, 1 / spread);
  if (factor <= unlike && (shift ?? 0) <= farApart)
    return { level: 'green', subject, message: 'The values are like those seen in training.' };
  if (factor > otherUnit)
    return {
      level: 'red',
      subject,
      message: `The values vary about ${rounded(factor)} times ${spread > 1 ? 'more' : 'less'} than in training: the scene is in another unit, or was not corrected in the same way. Choose a scene of the same processing, or set its scale.`,
      cure: chooseScene,
    };
  return {
    level: 'amber',
    subject,
    message:
      factor > unlike
        ? `The values vary about ${rounded(factor)} times ${spread > 1 ? 'more' : 'less'} than in training: another landscape, or another processing.`
        : 'The values are shifted against those in training: another season, or another processing.',
  };
}

const rounded = (value: number): string => Number(value.toPrecision(2)).toLocaleString('en');

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
