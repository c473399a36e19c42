import type { BatchRecipe, OutputTemplates, Postprocess } from '../../app/contract/batchRecipe.ts';
import type { CalledNames } from './manifest.ts';
import type { MapPart, PartOutputs } from './mapParts.ts';

/** Where each output of a scene goes, in full; only those that the recipe names. */
export type OutputPaths = { readonly map: string } & {
  readonly [Kind in Exclude<keyof OutputTemplates, 'map'>]?: string | undefined;
};

/** One scene of a batch, all paths in full. */
export type BatchMapInput = {
  readonly scene: string;
  readonly model: string;
  /** What paths of this machine are called in the records of maps. */
  readonly called?: CalledNames | undefined;
  readonly settings: BatchRecipe['settings'];
  readonly postprocess: Postprocess;
  readonly outputs: OutputPaths;
  /** The map is put together from these parts, which were made before. */
  readonly parts?: readonly PartOutputs[] | undefined;
  /** Where the map waits for its post-processing. */
  readonly raw: string;
  readonly stac?: {
    readonly id: string;
    /** File of the item, and of the collection that it belongs to. */
    readonly item: string;
    readonly collection: string;
    readonly collectionId: string;
    /** Where the scene lies as seen from the item: a relative reference with `/`, or an address. */
    readonly scene: string;
  };
};

/** A part of one. */
export type BatchPartInput = Omit<BatchMapInput, 'parts' | 'stac'> & { readonly part: MapPart };
