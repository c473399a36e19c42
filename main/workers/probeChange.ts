import { api, type Input } from '../../app/contract/api.ts';
import { isTileModel } from '../engines/tileModelFolder.ts';
import { openPair } from './alignment/openPair.ts';
import { scorePairTiles } from './change/scoreChange.ts';
import { loadChangeModel, wasNormalised } from './change.ts';
import { mapExtent } from './mapExtent.ts';
import { probePredictTiles } from './probeMapTiles.ts';
import { type Estimate, probePredict } from './probePredict.ts';
import {
  blended,
  blendPart,
  estimateOf,
  quiet,
  timeTiles,
  weightsOf,
  withNetwork,
} from './probeTiles.ts';
import type { TaskContext } from './task.ts';
import { unitsOfModel } from './tiles/modelUnits.ts';

/** Seconds a pixel that cutting the probability, polygons and transitions take. */
const furtherSeconds = 3e-7;

/** Scores a few tiles of two dates, and maps some of both where a model is to name their classes. */
export async function probeChange(input: Input<'change'>, context: TaskContext): Promise<Estimate> {
  const change = await probeScores(input, context);
  const { classesModel, before, after, window, engine, threads } = input;
  if (classesModel === undefined) return change;
  const maps: Estimate[] = [];
  for (const scene of [before, after]) {
    const mapping = api.predict.input.parse({
      ...{ model: classesModel, scene, out: input.out, window, engine, threads },
    });
    maps.push(
      (await isTileModel(classesModel))
        ? await probePredictTiles(mapping, context)
        : await probePredict(mapping, context),
    );
  }
  return maps.reduce(
    (sum, { seconds, memoryBytes, diskBytes }) => ({
      ...sum,
      seconds: [sum.seconds[0] + seconds[0], sum.seconds[1] + seconds[1]],
      memoryBytes: Math.max(sum.memoryBytes, memoryBytes),
      diskBytes: sum.diskBytes + diskBytes,
    }),
    change,
  );
}

async function probeScores(input: Input<'change'>, context: TaskContext): Promise<Estimate> {
  const model = await loadChangeModel(input.model);
  return await withNetwork(model, input, async (network, engine) => {
    const { resampling, flips } = input;
    const { signal } = context;
    const normalise = input.normalise || (await wasNormalised(input.model));
    const units = unitsOfModel(model.card.scaling);
    const { bands } = model.card;
    const pair = await openPair(input, {
      bands,
      units,
      resampling,
      normalise,
      warn: quiet,
      signal,
    });
    try {
      const { area } = await mapExtent({ ...input, scene: input.before }, pair.grid);
      const scoring = { model, network, pair, context };
      const timed = await timeTiles({
        area,
        side: model.config.imageSize,
        flips,
        one: (corner) => scorePairTiles({ ...scoring, flips: false }, [corner]),
        part: (some) =>
          blendPart(model, some, context, (corners) =>
            scorePairTiles({ ...scoring, flips }, corners),
          ),
      });
      const whole = blended(model, area);
      const files = [...pair.files.map(({ uri }) => uri), weightsOf(input.model)];
      // The probability, a number a pixel, and the map that is cut from it.
      const more = { pixelBytes: 4 + 1, pixelSeconds: whole.pixelSeconds + furtherSeconds, files };
      return await estimateOf(timed, { ...whole, ...more }, engine);
    } finally {
      await pair.close();
    }
  });
}
