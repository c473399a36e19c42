import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelCard, modelCard } from '../../app/contract/modelCard.ts';
import { AppError } from '../../app/error.ts';
import { architecture } from '../../app/model/catalogue.ts';
import type { Shape } from '../../app/model/ops.ts';
import { type SpectralMambaConfig, spectralMamba } from '../../app/model/spectralMamba.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { refuseSpecialFile } from '../specialFile.ts';
import { duplicateKey } from './duplicateKey.ts';
import type { LoadedModel } from './engine.ts';
import { type Forest, forestOfTensors, forestTensors } from './forest.ts';
import { floatValues, readSafetensors, writeSafetensors } from './safetensors.ts';

/** A trained model as it lies in its folder: `model.json`, `weights.safetensors`, `curve.json`. */
export type StoredModel =
  | {
      readonly kind: 'network';
      readonly card: ModelCard;
      readonly members: readonly LoadedModel<SpectralMambaConfig>[];
    }
  | { readonly kind: 'forest'; readonly card: ModelCard; readonly forest: Forest };

/** What is to be stored: the card without the hash, which is made here. */
export type ModelContent = {
  readonly card: Omit<ModelCard, 'weightsSha256'>;
  /** Weights of each network, or the forest. */
  readonly weights: readonly WeightData[] | Forest;
  /** Rows of the training curve; plain JSON. */
  readonly curve: readonly unknown[];
};

/** Cards take kilobytes; a million-byte one is none. */
const cardLimit = 4 * 1024 * 1024;

/**
 * Writes a model folder, made where it is missing. The card comes last: a folder with a card is whole.
 * @returns the card with the hash of the weights
 * @throws AppError `disk-full`, `not-writable`, `cancelled`
 */
export async function saveModelFolder(
  folder: string,
  content: ModelContent,
  signal?: AbortSignal,
): Promise<ModelCard> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new AppError(
      'not-writable',
      `Cannot make the folder ${folder}: ${String(error)}. Choose another place.`,
      { path: folder },
    );
  });
  const tensors =
    'trees' in content.weights ? forestTensors(content.weights) : memberTensors(content.weights);
  const bytes = writeSafetensors(tensors, {
    format: 'prismap-model',
    family: content.card.family,
    title: content.card.title,
  });
  const card = { ...content.card, weightsSha256: createHash('sha256').update(bytes).digest('hex') };
  await writeFileAtomic(join(folder, 'weights.safetensors'), bytes, signal);
  await writeFileAtomic(join(folder, 'curve.json'), `${JSON.stringify(content.curve)}\n`, signal);
  await writeFileAtomic(
    join(folder, 'model.json'),
    `${JSON.stringify(modelCard.parse(card), undefined, 2)}\n`,
    signal,
  );
  return card;
}

/**
 * Reads and checks a model folder: the card against its schema, the weights against the card's hash and the shapes that
 * its network needs.
 * @throws AppError `not-found`, `bad-weights`
 */
export async function loadModelFolder(folder: string): Promise<StoredModel> {
  const card = await readModelCard(folder);
  const path = join(folder, 'weights.safetensors');
  await refuseSpecialFile(path);
  const bytes = await readFile(path).catch(() => {
    throw new AppError(
      'bad-weights',
      `${folder} has a card but no readable weights.safetensors. Copy the whole folder or train again.`,
      { path },
    );
  });
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== card.weightsSha256) {
    throw new AppError(
      'bad-weights',
      `${path} is not the file that the card in ${folder} describes: its hash differs. It was changed or cut off; copy the whole folder or train again.`,
      { path, expected: card.weightsSha256, found: hash },
    );
  }
  const file = readSafetensors(bytes, path);
  const tensors = new Map(
    [...file.tensors].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, values: floatValues(tensor, name) },
    ]),
  );
  if (card.family === 'forest') {
    const forest = forestOfTensors(tensors, path);
    if (forest.bands !== card.bands.length || forest.classes !== card.classes.length)
      throw mismatch(path, `a forest for ${forest.bands} bands and ${forest.classes} classes`);
    return { kind: 'forest', card, forest };
  }
  return { kind: 'network', card, members: membersOf(card, tensors, path) };
}

/**
 * The card of a model folder alone.
 * @throws AppError `not-found` where there is none, `bad-weights` where it is not a card
 */
export async function readModelCard(folder: string): Promise<ModelCard> {
  const path = join(folder, 'model.json');
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) {
    throw new AppError(
      'not-found',
      `There is no model in ${folder}: it has no model.json. Give the folder that train made.`,
      { path: folder },
    );
  }
  const refuse = (why: string): AppError =>
    new AppError('bad-weights', `${path} is not a model card: ${why}. Train the model again.`, {
      path,
    });
  if (found.size > cardLimit) throw refuse(`it has ${found.size} bytes`);
  const text = await readFile(path, 'utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw refuse('it is not JSON');
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw refuse(`it names "${twice}" twice`);
  const card = modelCard.safeParse(json);
  if (!card.success) {
    const [issue] = card.error.issues;
    throw refuse(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  checkCounts(card.data, refuse);
  return card.data;
}

/** What the schema cannot say: the parts of a card that count the same things. */
function checkCounts(card: ModelCard, refuse: (why: string) => AppError): void {
  const bands = card.bands.length;
  if (card.config.bands !== bands) throw refuse(`it lists ${bands} bands for ${card.config.bands}`);
  if (card.config.classes !== card.classes.length)
    throw refuse(`it lists ${card.classes.length} classes for ${card.config.classes}`);
  for (const { mean, std } of card.normalisation.views) {
    if (mean.length !== bands || std.length !== bands)
      throw refuse(`its normalisation is not for ${bands} bands`);
  }
  if ('views' in card.config && card.config.views !== card.normalisation.views.length)
    throw refuse('its network and its normalisation have different views');
  if (new Set(card.classes.map(({ value }) => value)).size !== card.classes.length)
    throw refuse('two classes have the same value');
}

function memberTensors(members: readonly WeightData[]): WeightData {
  const [first = new Map()] = members;
  if (members.length === 1) return first;
  return new Map(
    members.flatMap((weights, i) =>
      [...weights].map(([path, data]) => [`member.${i}.${path}`, data] as const),
    ),
  );
}

function membersOf(
  card: ModelCard,
  tensors: WeightData,
  path: string,
): LoadedModel<SpectralMambaConfig>[] {
  if (!('pieces' in card.config)) throw mismatch(path, 'a network without sizes');
  const { config } = card;
  architecture('spectralmamba', config);
  const shapes = spectralMamba.weightShapes(config);
  if (tensors.size !== shapes.size * card.members)
    throw mismatch(path, `${tensors.size} tensors, not ${shapes.size * card.members}`);
  return Array.from({ length: card.members }, (_, i) => {
    const prefix = card.members === 1 ? '' : `member.${i}.`;
    const weights = new Map<string, { shape: Shape; values: Float32Array }>();
    for (const [name, shape] of shapes) {
      const tensor = tensors.get(prefix + name);
      if (tensor === undefined) throw mismatch(path, `no tensor "${prefix}${name}"`);
      if (tensor.shape.join() !== shape.join())
        throw mismatch(
          path,
          `"${name}" of shape ${tensor.shape.join('×')}, not ${shape.join('×')}`,
        );
      weights.set(name, tensor);
    }
    return { family: spectralMamba, config, weights };
  });
}

function mismatch(path: string, found: string): AppError {
  return new AppError(
    'bad-weights',
    `${path} does not fit its card: it holds ${found}. Copy the whole folder or train again.`,
    { path },
  );
}
