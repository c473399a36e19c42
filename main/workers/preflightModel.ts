import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Finding } from '../../app/contract/desk/jobs.ts';
import type { ModelCard } from '../../app/contract/modelCard.ts';
import type { TileModelCard } from '../../app/contract/tileModelCard.ts';
import { type Phrase, phrase } from '../../app/phrase.ts';
import { matchBands } from '../../app/raster/bandContract.ts';
import { pixelArea } from '../../app/raster/geoTransform.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { readAnyCard } from '../engines/anyModelCard.ts';
import { finding, findingOfError } from './finding.ts';
import type { BandSample, SceneSample } from './sceneSample.ts';

/** Holds a scene against the card of a model. */
export async function checkModel(
  source: SceneSource,
  sample: SceneSample,
  folder: string,
): Promise<Finding[]> {
  let card: ModelCard | TileModelCard;
  try {
    card = await readAnyCard(folder);
  } catch (error) {
    return [findingOfError(error, 'Model')];
  }
  const trainedOn = 'sceneBands' in card.training ? card.training.sceneBands : undefined;
  const match = matchBands(card.bands, source.description.bands, trainedOn);
  const cure = match.indices === undefined ? 'choose-scene' : 'force';
  const bands: Finding =
    match.level === 'green'
      ? finding(
          'green',
          'Bands',
          phrase('The scene has the {count} bands of the model.', { count: card.bands.length }),
        )
      : {
          level: match.level,
          subject: 'Bands',
          message: match.findings.join(' '),
          phrases: match.findings.map((text) => ({ text, values: {} })),
          ...(match.level === 'red' ? { cure } : {}),
        };
  const findings = [bands, ...checkResolution(source, card)];
  const trained = await trainedFigures(folder);
  if (match.indices !== undefined && trained !== undefined)
    findings.push(checkValues(match.indices, sample, trained));
  return findings;
}

/** Ratio of pixel sizes from which spectra of mixed pixels differ. */
const similarResolution = 1.5;

function checkResolution(
  { description }: SceneSource,
  { resolution }: Pick<ModelCard, 'resolution'>,
): Finding[] {
  const { transform } = description.grid;
  if (resolution === undefined || transform === undefined) return [];
  const own = Math.sqrt(pixelArea(transform));
  const ratio = Math.max(own / resolution, resolution / own);
  const size = Number(own.toPrecision(3));
  if (ratio <= similarResolution)
    return [
      finding(
        'green',
        'Resolution',
        phrase('Pixels are {size} map units wide, as in training.', { size }),
      ),
    ];
  return [
    finding(
      'amber',
      'Resolution',
      phrase(
        'Pixels are {size} map units wide; in training they were {trained}. Classes that depend on what a pixel mixes may be confused.',
        { size, trained: Number(resolution.toPrecision(3)) },
      ),
    ),
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
  const say = (
    level: Finding['level'],
    said: Phrase | readonly Phrase[],
    cure?: Finding['cure'],
  ): Finding => finding(level, 'Values', said, cure);
  if (factor <= unlike && (shift ?? 0) <= farApart)
    return say('green', phrase('The values are like those seen in training.'));
  if (factor <= unlike)
    return say(
      'amber',
      phrase(
        'The values are shifted against those in training: another season, or another processing.',
      ),
    );
  const values = { factor: Number(factor.toPrecision(2)) };
  const varies =
    spread > 1
      ? phrase('The values vary about {factor} times more than in training.', values)
      : phrase('The values vary about {factor} times less than in training.', values);
  if (factor <= otherUnit)
    return say('amber', [varies, phrase('It is another landscape, or another processing.')]);
  const unit = phrase(
    'The scene is in another unit, or was not corrected in the same way. Choose a scene of the same processing, or set its scale.',
  );
  return say('red', [varies, unit], 'choose-scene');
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
