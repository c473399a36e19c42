import { AppError } from '../../../app/error.ts';
import { isSpectralGpt, type TileFamilyId } from '../../../app/model/tileNetwork.ts';
import { loadBaseline } from '../../weights/loadBaseline.ts';
import { openTensorFile } from '../../weights/openTensorFile.ts';
import type { TensorFile } from '../../weights/tensorFile.ts';
import type { EncoderSizes, StartModel } from './start.ts';

/** Published checkpoint of a baseline: torchvision's, SeCo's, timm's or SatMAE's. @throws AppError `not-found`, `bad-weights` */
export async function openBaselineCheckpoint(
  path: string,
  family: Exclude<TileFamilyId, 'spectralgpt'>,
): Promise<StartModel> {
  const file = await openTensorFile(path);
  try {
    return {
      path,
      sizes: family === 'resnet50' ? undefined : vitSizes(file),
      bands: undefined,
      scaling: undefined,
      weights: async (config, { seed, bands, note }) => {
        if (isSpectralGpt(config)) throw new Error('Not a baseline.');
        const again = await openTensorFile(path);
        try {
          const rgb = ['B04', 'B03', 'B02'].map((name) => bands.indexOf(name));
          const { weights, report } = await loadBaseline(again, config, {
            seed,
            rgb: rgb.includes(-1) ? undefined : rgb,
          });
          const { loaded, interpolated, fresh, surplus } = report;
          note(
            `${path}: ${loaded.length} tensors taken over, ${interpolated.length} interpolated, ${fresh.length} start fresh, ${surplus.length} are not needed.`,
          );
          return weights;
        } finally {
          await again.close();
        }
      },
    };
  } finally {
    await file.close();
  }
}

/** Sizes of a vision transformer by the shapes of its file. Heads are 64 wide, but 80 in Huge, as published. */
function vitSizes(file: TensorFile): Partial<EncoderSizes> {
  const entries = [...file.tensors];
  const kernel = entries.find(([name]) => /patch_embed\.(0\.)?proj\.weight$/.test(name));
  const [embedDim, , patch] = kernel?.[1].shape ?? [];
  const depth = new Set(
    entries.flatMap(([name]) => /(?:^|[./])blocks\.(\d+)\.norm1\.weight$/.exec(name)?.[1] ?? []),
  ).size;
  if (embedDim === undefined || patch === undefined || depth === 0)
    throw new AppError(
      'bad-weights',
      `${file.path} holds no vision transformer: it has no patch_embed and blocks. Give weights of a ViT or of SatMAE.`,
      { path: file.path },
    );
  return { embedDim, depth, patch, heads: embedDim / (embedDim === 1280 ? 80 : 64) };
}
