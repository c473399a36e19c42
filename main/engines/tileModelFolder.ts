import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TileModelCard, tileModelCard } from '../../app/contract/tileModelCard.ts';
import { AppError } from '../../app/error.ts';
import {
  checkTileConfig,
  type TileConfig,
  tileNetworkShapes,
} from '../../app/model/tileNetwork.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { refuseSpecialFile } from '../specialFile.ts';
import { floatValues, readSafetensors, writeSafetensors } from './safetensors.ts';

/** A tile model as it lies in its folder: `model.json`, `weights.safetensors`, `curve.json`. */
export type StoredTileModel = {
  readonly card: TileModelCard;
  readonly config: TileConfig;
  readonly weights: WeightData;
};

/** What a folder holds once its model is written. */
export const tileModelFiles = (folder: string): string[] =>
  ['weights.safetensors', 'curve.json', 'model.json'].map((name) => join(folder, name));

/**
 * Writes the folder of a tile model. The card comes last: a folder with a card is whole.
 * @throws AppError `disk-full`, `not-writable`, `cancelled`
 */
export async function saveTileModel(
  folder: string,
  model: {
    readonly card: Omit<TileModelCard, 'weightsSha256'>;
    readonly weights: WeightData;
    readonly curve: readonly unknown[];
  },
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { title, family } = model.card;
  const bytes = writeSafetensors(model.weights, { format: 'prismap-model', family, title });
  const weightsSha256 = createHash('sha256').update(bytes).digest('hex');
  const card = tileModelCard.parse({ ...model.card, weightsSha256 });
  const write = (name: string, content: Uint8Array | string): Promise<void> =>
    writeFileAtomic(join(folder, name), content, signal);
  await write('weights.safetensors', bytes);
  await write('curve.json', `${JSON.stringify(model.curve)}\n`);
  await write('model.json', `${JSON.stringify(card, undefined, 2)}\n`);
}

/** Whether a folder's card is that of a tile model. Folders without a readable card are none. */
export async function isTileModel(folder: string): Promise<boolean> {
  const path = join(folder, 'model.json');
  await refuseSpecialFile(path);
  const text = await readFile(path, 'utf8').catch(() => '');
  return /"family":\s*"(spectralgpt|vit|satmae|resnet50)"/.test(text);
}

/**
 * Reads and checks the folder of a tile model: the card against its schema, the weights against the card's hash and the
 * shapes that its network needs.
 * @throws AppError `not-found`, `bad-weights`
 */
export async function loadTileModel(folder: string): Promise<StoredTileModel> {
  const card = await readTileCard(folder);
  const config = card.config as TileConfig;
  checkTileConfig(config);
  const path = join(folder, 'weights.safetensors');
  await refuseSpecialFile(path);
  const bytes = await readFile(path).catch(() => {
    throw new AppError(
      'bad-weights',
      `${folder} has a card but no readable weights.safetensors. Copy the whole folder or train again.`,
      { path },
    );
  });
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== card.weightsSha256)
    throw new AppError(
      'bad-weights',
      `${path} is not the file that the card in ${folder} describes: its hash differs. Copy the whole folder or train again.`,
      { path, expected: card.weightsSha256, found },
    );
  const { tensors } = readSafetensors(bytes, path);
  const weights = new Map(
    [...tileNetworkShapes(config)].map(([name, shape]) => {
      const tensor = tensors.get(name);
      if (tensor?.shape.join() !== shape.join())
        throw new AppError(
          'bad-weights',
          `${path} has ${tensor === undefined ? 'no' : `a (${tensor.shape.join(', ')})`} tensor "${name}"; the card needs (${shape.join(', ')}). Train again.`,
          { path, name },
        );
      return [name, { shape, values: floatValues(tensor, name) }] as const;
    }),
  );
  return { card, config, weights };
}

/** The card of a tile model alone. @throws AppError `not-found` where there is none, `bad-weights` where it is not one */
export async function readTileCard(folder: string): Promise<TileModelCard> {
  const path = join(folder, 'model.json');
  await refuseSpecialFile(path);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new AppError(
      'not-found',
      `There is no model card at ${path} (${(error as Error).message}). Give the folder that training wrote.`,
      { path },
    );
  }
  const parsed = tileModelCard.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 3)
    .map(({ path: at, message }) => `${at.join('.')}: ${message}`);
  throw new AppError(
    'bad-weights',
    `${path} is not a card of a tile model (${issues.join('; ')}). Train again.`,
    { path },
  );
}
