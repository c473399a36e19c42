import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../app/error.ts';
import type { TileScaling } from '../../../app/learn/tileScaling.ts';
import {
  type SpectralGptConfig,
  spectralGptSizes,
} from '../../../app/model/spectralGpt/configuration.ts';
import {
  isSpectralGpt,
  type TileConfig,
  type TileFamilyId,
  tileFamilyNames,
} from '../../../app/model/tileNetwork.ts';
import { loadTileModel } from '../../engines/tileModelFolder.ts';
import { loadSpectralGpt } from '../../weights/loadSpectralGpt.ts';
import { openTensorFile } from '../../weights/openTensorFile.ts';
import { findStateDict, variantOf } from '../../weights/stateDict.ts';
import type { EncoderSizes, StartModel } from './start.ts';
import { openBaselineCheckpoint } from './startBaseline.ts';

/** A model folder, or a checkpoint: `.pth`, `.ckpt` or `.safetensors`. @throws AppError `not-found`, `bad-weights` */
export async function openStartModel(
  path: string,
  family: TileFamilyId = 'spectralgpt',
): Promise<StartModel> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return await openFolder(path, family);
  return family === 'spectralgpt'
    ? await openCheckpoint(path)
    : await openBaselineCheckpoint(path, family);
}

async function openFolder(folder: string, family: TileFamilyId): Promise<StartModel> {
  const { card, config } = await loadTileModel(folder);
  if (card.family !== family)
    throw new AppError(
      'bad-weights',
      `${folder} is a ${tileFamilyNames[card.family]}; a ${tileFamilyNames[family]} cannot start from it. Choose the same kind of model.`,
      { path: folder, found: card.family, needed: family },
    );
  const path = join(folder, 'weights.safetensors');
  return {
    path,
    sizes: isSpectralGpt(config) ? sizesOf(config) : sizesOfBaseline(config),
    bands: card.bands,
    scaling: card.scaling,
    weights: isSpectralGpt(config)
      ? weightsFrom(path)
      : async (...wanted) =>
          (await openBaselineCheckpoint(path, family as 'vit')).weights(...wanted),
  };
}

/** @throws AppError `usage` where another scaling is asked for than the one that the weights were trained with */
export function checkScaling(
  { init, scaling }: { readonly init?: string | undefined; readonly scaling?: string | undefined },
  start: Pick<StartModel, 'scaling'> | undefined,
): void {
  const own = start?.scaling?.kind;
  if (own === undefined || scaling === undefined || own === scaling) return;
  throw new AppError(
    'usage',
    `The weights of ${init} were trained on values scaled as "${own}", not "${scaling}". Leave --scaling out.`,
    { found: own, wanted: scaling },
  );
}

const sizesOf = ({
  embedDim,
  depth,
  heads,
  patch,
  bands,
  spectralPatch,
  imageSize,
}: SpectralGptConfig): EncoderSizes => ({
  embedDim,
  depth,
  heads,
  patch,
  bands,
  spectralPatch,
  imageSize,
});

function sizesOfBaseline(config: Exclude<TileConfig, SpectralGptConfig>): Partial<EncoderSizes> {
  const { bands, imageSize } = config;
  if (!('embedDim' in config)) return { bands, imageSize };
  const { embedDim, depth, heads, patch } = config;
  return { embedDim, depth, heads, patch, bands, imageSize };
}

/** The published weights were trained on tiles that are each stretched by themselves. */
const publishedScaling: TileScaling = { kind: 'min-max', epsilon: 1e-10 };

async function openCheckpoint(path: string): Promise<StartModel> {
  const file = await openTensorFile(path);
  try {
    const state = findStateDict(file);
    const shapeOf = (name: string): readonly number[] => state.tensors.get(name)?.facts.shape ?? [];
    const { depth, width: embedDim } = variantOf(state);
    const [, , spectralPatch = 0, patch = 0] = shapeOf('patch_embed.proj.weight');
    const side = Math.sqrt(shapeOf('pos_embed_spatial')[1] ?? 0);
    const groups = shapeOf('pos_embed_temporal')[1] ?? 0;
    const size = Object.values(spectralGptSizes).find(
      (one) => one.embedDim === embedDim && one.depth === depth,
    );
    if (size === undefined || !Number.isInteger(side) || side * groups === 0)
      throw new AppError(
        'bad-weights',
        `${path} holds a SpectralGPT of width ${embedDim} and depth ${depth} with ${side ** 2} places and ${groups} spectral groups, which is none of the published ones. Give weights of SpectralGPT or SpectralGPT+, or a folder that Prismap wrote.`,
        { path, embedDim, depth },
      );
    return {
      path,
      sizes: {
        ...size,
        patch,
        spectralPatch,
        bands: groups * spectralPatch,
        imageSize: side * patch,
      },
      bands: undefined,
      scaling: publishedScaling,
      weights: weightsFrom(path),
    };
  } finally {
    await file.close();
  }
}

const weightsFrom =
  (path: string): StartModel['weights'] =>
  async (config, { seed, note }) => {
    const file = await openTensorFile(path);
    try {
      const { weights, report } = await loadSpectralGpt(file, config as SpectralGptConfig, {
        setting: 'prismap',
        freshClasses: true,
        seed,
      });
      for (const { name, from, to } of report.interpolated)
        note(`${name} was interpolated from ${from} × ${from} to ${to} × ${to} places.`);
      const { loaded, fresh, surplus } = report;
      note(
        `${path}: ${loaded.length} tensors taken over, ${fresh.length} start fresh, ${surplus.length} are not needed.`,
      );
      return weights;
    } finally {
      await file.close();
    }
  };
