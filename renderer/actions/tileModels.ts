/** Networks over tiles that the training form knows, by the names that the host has for them. */
export const tileModels = ['spectralgpt', 'resnet50', 'vit', 'satmae'] as const;
export type TileModel = (typeof tileModels)[number];

export const isTileModel = (model: string): model is TileModel =>
  tileModels.some((one) => one === model);

/** As they are called in titles. */
export const tileModelNames: Readonly<Record<TileModel, string>> = {
  spectralgpt: 'SpectralGPT',
  resnet50: 'ResNet-50',
  vit: 'ViT',
  satmae: 'SatMAE',
};
