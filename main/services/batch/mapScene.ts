import { createHash } from 'node:crypto';
import { join, posix } from 'node:path';
import type { BatchRecipe } from '../../../app/contract/batchRecipe.ts';
import type { BatchMapInput, OutputPaths } from '../../workers/batchInput.ts';
import type { BatchMapped } from '../../workers/batchMap.ts';
import type { RunTask } from '../../workers/host.ts';
import type { CalledNames } from '../../workers/manifest.ts';
import type { MapPart } from '../../workers/mapParts.ts';
import { itemName, ownNames } from './outputNames.ts';
import { placed, unplaced } from './sceneRecord.ts';

/** What whoever maps scenes of a batch has to know of it. */
export type ScenePlan = {
  readonly recipe: BatchRecipe;
  readonly model: { readonly name: string };
  /** The way from the results to the scenes, with `/`. */
  readonly toScenes: string;
};

/** A scene to be mapped. Paths of outputs count from the folder of results. */
export type SceneToMap = {
  readonly scene: string;
  /** Of a scene that lies on a server. */
  readonly address?: string | undefined;
  readonly stamp: string;
  readonly outputs: OutputPaths;
};

/** Where its files lie on the machine that maps it. */
export type ScenePlace = {
  /** Path or address of the scene. */
  readonly path: string;
  readonly model: string;
  /** What paths of this machine are called where the batch was started. */
  readonly called: CalledNames;
  /** Folder in which the outputs get their places. */
  readonly results: string;
  /** Folders in which workers put the parts of the scene, where it has any. */
  readonly parts?: readonly string[] | undefined;
  /** Folder in which raw maps wait for their post-processing. */
  readonly raws: string;
};

type Watch = {
  readonly signal: AbortSignal;
  /** Told the share of the scene's present stage that is done, 0 to 1. */
  readonly tell: (share: number, stage: string) => void;
};

/** Maps one scene in a compute process. Paths of the result count from the folder of results. */
export async function mapScene(
  plan: ScenePlan,
  scene: SceneToMap,
  place: ScenePlace,
  run: RunTask,
  { signal, tell }: Watch,
): Promise<BatchMapped> {
  const mapped = await run({
    task: 'batch map',
    input: mapInput(plan, scene, place),
    signal,
    onEvent: (event) => {
      if (event.kind === 'progress') tell(event.done / Math.max(1, event.total), event.stage);
    },
  });
  return unplaced(mapped as BatchMapped, place.results);
}

/** Computes a part of one scene, whose rasters get their places in the folder of results. */
export async function mapPart(
  plan: ScenePlan,
  scene: SceneToMap & { readonly part: MapPart },
  place: ScenePlace,
  run: RunTask,
  { signal, tell }: Watch,
): Promise<void> {
  const { stac: _, parts: __, ...input } = mapInput(plan, scene, place);
  await run({
    task: 'batch part',
    input: { ...input, part: scene.part },
    signal,
    onEvent: (event) => {
      if (event.kind === 'progress') tell(event.done / Math.max(1, event.total), event.stage);
    },
  });
}

function mapInput(
  plan: ScenePlan,
  { scene, address, stamp, outputs }: SceneToMap,
  place: ScenePlace,
): BatchMapInput {
  const { settings, postprocess, stac } = plan.recipe;
  const { results } = place;
  const item = itemName(outputs.map);
  return {
    ...{ scene: place.path, model: place.model, settings, postprocess },
    called: address === undefined ? place.called : [[address, shown(address)], ...place.called],
    outputs: placed(outputs, results),
    parts: place.parts?.map((folder) => {
      const { map, score, probabilities } = placed(outputs, folder);
      return { out: map, score, probabilities };
    }),
    raw: join(place.raws, `${sceneKey(scene, stamp)}.tif`),
    ...(stac
      ? {
          stac: {
            id: stacId(outputs.map),
            item: join(results, item),
            collection: join(results, ownNames.collection),
            collectionId: collectionId(plan),
            scene:
              address === undefined
                ? referenceTo(posix.join(plan.toScenes, scene), item)
                : shown(address),
          },
        }
      : {}),
  };
}

/** What follows `?` may be a secret. */
const shown = (address: string): string => address.replace(/[?#].*$/, '');

/** A reference from a file of the results to one that is known by its way from their folder. */
function referenceTo(way: string, from: string): string {
  const up = posix
    .dirname(from)
    .split('/')
    .filter((part) => part !== '.');
  const path = posix
    .join(...up.map(() => '..'), way)
    .split('/')
    .map(encodeURIComponent)
    .join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

/** Names one state of a scene. */
export const sceneKey = (scene: string, stamp: string): string =>
  createHash('sha256').update(`${scene}\n${stamp}`).digest('hex').slice(0, 24);

/** Ids hold no `/`: clients make addresses of them. */
export const stacId = (map: string): string => map.replace(/\.[^./]*$/, '').replaceAll('/', '--');

export const collectionId = ({ model }: Pick<ScenePlan, 'model'>): string =>
  `prismap-${model.name}`;
