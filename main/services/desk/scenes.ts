import { sceneCalls } from '../../../app/contract/desk/scenes.ts';
import type { DeskHandlers } from '../../../app/contract/deskApi.ts';
import type { TileAddress } from '../../../app/contract/tileAddress.ts';
import type { DeskDependencies, Tile } from './deskDependencies.ts';
import { unfinished } from './unfinished.ts';

export type Scenes = {
  readonly handlers: Pick<DeskHandlers, keyof typeof sceneCalls>;
  tile(address: TileAddress, signal: AbortSignal): Promise<Tile | undefined>;
  dispose(): Promise<void>;
};

export function createScenes(_: DeskDependencies): Scenes {
  return {
    handlers: unfinished(sceneCalls),
    tile: () => Promise.resolve(undefined),
    dispose: () => Promise.resolve(),
  };
}
