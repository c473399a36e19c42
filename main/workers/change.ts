import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { api, type Input, type Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { openEngine } from '../engines/table.ts';
import { isTileModel, loadTileModel, type StoredTileModel } from '../engines/tileModelFolder.ts';
import { openPair, type ScenePair } from './alignment/openPair.ts';
import { changePolygons } from './change/changePolygons.ts';
import { scoreChange } from './change/scoreChange.ts';
import { thresholdMap } from './change/thresholdMap.ts';
import { countTransitions, type DateMaps } from './change/transitions.ts';
import { changeClasses } from './change/validateChange.ts';
import { engineOptions } from './engineOptions.ts';
import { createManifest, describeInputs, type RunManifest } from './manifest.ts';
import { pixelHectares } from './mapAreas.ts';
import { gridOf, mapExtent } from './mapExtent.ts';
import { identityOf } from './mapRun.ts';
import { predict } from './predict.ts';
import { type Run, startRun } from './run.ts';
import type { TaskContext } from './task.ts';
import { unitsOfModel } from './tiles/modelUnits.ts';

/** What the report needs beyond the result of the call. */
export type ChangeResult = Omit<Output<'change'>, 'report'> & {
  /** Of the class maps, where there are any. */
  readonly classes: ClassScheme;
  /** Of the map itself. */
  readonly mapClasses: ClassScheme;
};

/** Input with the threshold that holds. */
type Thresholded = ChangeInput & { readonly threshold: number };

type Scored = {
  readonly pair: Pick<ScenePair, 'grid' | 'findings' | 'bands'>;
  readonly area: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
  readonly tiles: number;
  readonly title: string;
  readonly side: number;
  readonly manifest: RunManifest;
};

/** What a caller of the task may want beside what the command line offers. */
type ChangeInput = Input<'change'> & {
  /** Say what changed as it is found. */
  readonly live?: boolean;
};

/** Maps the change between two dates: probability, map, polygons, and from which class to which. */
export async function change(input: ChangeInput, context: TaskContext): Promise<ChangeResult> {
  const run = startRun(context);
  requireMaps(input);
  const model = await loadChangeModel(input.model);
  const threshold = input.threshold ?? model.card.threshold ?? 0.5;
  return await mapChange({ ...input, threshold }, model, run, context);
}

async function mapChange(
  input: Thresholded,
  model: StoredTileModel,
  run: Run,
  context: TaskContext,
): Promise<ChangeResult> {
  const probability = input.probability ?? beside(input.out, 'probability');
  const scored = await score(input, { model, out: probability }, run, context);
  const { manifest } = scored;
  const counts = await thresholdMap(
    probability,
    input.out,
    {
      ...input,
      spacing: scored.side / 2,
      metadata: identityOf(manifest, scored.title).metadata,
    },
    context,
  );
  if (counts.changed + counts.unchanged === 0)
    run.warn('No pixel could be mapped: nowhere in the area do both dates have data.');
  const maps = await dateMaps(input, scored, context);
  const polygons =
    input.vector === undefined
      ? undefined
      : await changePolygons({ map: input.out, probability, out: input.vector }, maps, context);
  const transitions =
    maps === undefined
      ? undefined
      : await countTransitions(input.out, maps, run.warn, context.signal);
  const hectares = pixelHectares(gridOf(scored.pair.grid, scored.area));
  const figures = {
    changedPixels: counts.changed,
    unchangedPixels: counts.unchanged,
    nodataPixels: counts.nodata,
    ...(hectares === undefined ? {} : { changedHectares: counts.changed * hectares }),
    ...(polygons === undefined ? {} : { polygons }),
    transitions: transitions?.rows ?? [],
    ...(transitions?.disagreement === undefined ? {} : { disagreement: transitions.disagreement }),
    alignment: alignmentOf(scored.pair),
    ...(counts.seam === undefined ? {} : { seam: counts.seam }),
    tiles: scored.tiles,
  };
  return {
    map: input.out,
    probability,
    threshold: input.threshold,
    ...figures,
    classes: transitions?.classes ?? [],
    mapClasses: changeClasses,
    seconds: run.seconds(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    engine: `${manifest.engine.id}, ${manifest.engine.device}`,
    warnings: [...run.warnings],
    manifest: await run.record(`${input.out}.json`, manifest, figures, [
      ...[input.out, probability, input.vector],
    ]),
  };
}

/** `c.tif` to `c-probability.tif`. */
const beside = (path: string, word: string): string =>
  path.replace(/(\.[^./\\]*)?$/, `-${word}.tif`);

/** @throws AppError `usage` where one class map is given without the other, or with a model */
function requireMaps({ beforeMap, afterMap, classesModel }: Input<'change'>): void {
  const problem =
    (beforeMap === undefined) !== (afterMap === undefined)
      ? 'a class map of each date: give --before-map and --after-map'
      : beforeMap !== undefined && classesModel !== undefined
        ? 'either class maps or --classes-model, not both'
        : undefined;
  if (problem !== undefined) throw new AppError('usage', `From-to classes need ${problem}.`);
}

/** @throws AppError `usage` where it finds no change */
export async function loadChangeModel(folder: string): Promise<StoredTileModel> {
  const model = (await isTileModel(folder)) ? await loadTileModel(folder) : undefined;
  if (model?.config.task === 'change') return model;
  throw new AppError(
    'usage',
    `${folder} is ${model === undefined ? 'no model of tiles' : `a model for "${model.config.task}"`}, which finds no change. Train one with --model spectralgpt --task change.`,
    { model: folder },
  );
}

async function score(
  input: Thresholded,
  { model, out }: { readonly model: StoredTileModel; readonly out: string },
  run: Run,
  context: TaskContext,
): Promise<Scored> {
  const { signal } = context;
  const normalise = input.normalise || (await wasNormalised(input.model));
  if (normalise && !input.normalise)
    run.warn(
      'The model was trained with --normalise, so the light of the later date is brought to that of the earlier.',
    );
  const pair = await openPair(input, {
    bands: model.card.bands,
    units: unitsOfModel(model.card.scaling),
    resampling: input.resampling,
    normalise,
    warn: run.warn,
    signal,
  });
  try {
    const extent = await mapExtent({ ...input, scene: input.before }, pair.grid);
    const engine = await openEngine(engineOptions(input));
    try {
      const { engine: id, device, versions } = engine.info;
      context.emit({ kind: 'engine', engine: id, device });
      const manifests = await manifestsOf(
        { ...input, normalise },
        pair,
        { id, device, versions },
        signal,
      );
      const network = engine.network(model.weights);
      try {
        const { compression, resume, flips } = input;
        const manifest = manifests.scores;
        const tiles = await scoreChange({
          ...{ model, network, pair, flips, extent, out, compression, resume, manifest, context },
          live: input.live === true ? input.threshold : undefined,
        });
        const { title } = model.card;
        const side = model.config.imageSize;
        return { pair, area: extent.area, tiles, title, side, manifest: manifests.map };
      } finally {
        network.dispose();
      }
    } finally {
      engine.dispose();
    }
  } finally {
    await pair.close();
  }
}

/** Whether the model learned from dates brought to one light, by the record beside it. */
export async function wasNormalised(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => '');
  return /"normalise":\s*true/.test(text);
}

/** What decides the probabilities, and what decides the map. */
async function manifestsOf(
  input: Thresholded,
  pair: ScenePair,
  engine: RunManifest['engine'],
  signal: AbortSignal,
): Promise<{ readonly scores: RunManifest; readonly map: RunManifest }> {
  const { model, before, after, resampling, normalise, compression, window, within } = input;
  const optional = Object.entries({
    within,
    beforeMap: input.beforeMap,
    afterMap: input.afterMap,
    classesModel: input.classesModel,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const inputs = await describeInputs(
    [
      ...pair.files,
      { role: 'model card', uri: join(model, 'model.json') },
      { role: 'weights', uri: join(model, 'weights.safetensors') },
      ...optional.map(([role, uri]) => ({ role, uri })),
    ],
    signal,
  );
  const settings = {
    ...{ model, before, after, resampling, normalise, flips: input.flips, compression },
    ...(window === undefined ? {} : { window }),
    ...(within === undefined ? {} : { within }),
  };
  const { threshold, minimumArea } = input;
  const more = { threshold, minimumArea, ...Object.fromEntries(optional) };
  const known = (role: string): boolean =>
    !['beforeMap', 'afterMap', 'classesModel'].includes(role);
  return {
    scores: createManifest('change', {
      inputs: inputs.filter(({ role }) => known(role)),
      settings,
      engine,
    }),
    map: createManifest('change', { inputs, settings: { ...settings, ...more }, engine }),
  };
}

/** The class maps of both dates: those given, or those that a model makes. */
async function dateMaps(
  input: Input<'change'>,
  { pair, area }: Scored,
  context: TaskContext,
): Promise<DateMaps | undefined> {
  const { beforeMap, afterMap, classesModel, engine, threads, compression, resume } = input;
  if (beforeMap !== undefined && afterMap !== undefined)
    return { before: beforeMap, after: afterMap };
  if (classesModel === undefined) return undefined;
  const maps = { before: beside(input.out, 'before'), after: beside(input.out, 'after') };
  for (const date of ['before', 'after'] as const) {
    // The later date has pixels of its own where it lies on another grid.
    const whole = date === 'after' && pair.findings.resampled !== undefined;
    await predict(
      api.predict.input.parse({
        model: classesModel,
        scene: input[date],
        out: maps[date],
        compression,
        resume,
        ...(whole ? {} : { window: [area.x, area.y, area.width, area.height] }),
        ...(engine === undefined ? {} : { engine }),
        ...(threads === undefined ? {} : { threads }),
      }),
      context,
    );
  }
  return maps;
}

function alignmentOf({ findings, bands }: Scored['pair']): Output<'change'>['alignment'] {
  const { resampled, overlap, registration, radiometry, normalised } = findings;
  return {
    ...(resampled === undefined ? {} : { resampled }),
    overlap,
    ...(registration === undefined ? {} : { registration }),
    ...(radiometry === undefined
      ? {}
      : {
          radiometry: {
            unchanged: radiometry.unchanged,
            bands: radiometry.bands.map((band, i) => ({ name: bands[i]!.name, ...band })),
          },
        }),
    normalised,
  };
}
