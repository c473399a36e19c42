import type { ModelCard } from '../../app/contract/modelCard.ts';
import type { TileModelCard } from '../../app/contract/tileModelCard.ts';
import { readModelCard } from './modelFolder.ts';
import { isTileModel, readTileCard } from './tileModelFolder.ts';

/** The card of a model folder, of pixels or of tiles. @throws AppError `not-found`, `bad-weights` */
export async function readAnyCard(folder: string): Promise<ModelCard | TileModelCard> {
  return (await isTileModel(folder)) ? await readTileCard(folder) : await readModelCard(folder);
}
