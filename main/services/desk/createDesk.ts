import type { BasemapAddress } from '../../../app/contract/basemapAddress.ts';
import { type DeskCall, type DeskHandlers, deskApi } from '../../../app/contract/deskApi.ts';
import type { TileAddress } from '../../../app/contract/tileAddress.ts';
import { AppError } from '../../../app/error.ts';
import { createAccuracyHandlers } from './accuracy.ts';
import type { BasemapTile } from './basemaps/source.ts';
import { createBasemaps } from './basemaps.ts';
import type { DeskDependencies, Tile } from './deskDependencies.ts';
import { createFileHandlers } from './files.ts';
import { createJobHandlers } from './jobs.ts';
import { createProjectHandlers } from './project.ts';
import { Reports } from './reports.ts';
import { createScenes } from './scenes.ts';

/** The desk behind any window: the same for Electron and for the served mode. */
export type Desk = {
  /** Checks the input against the contract and answers. @throws AppError */
  call(name: string, input: unknown, signal: AbortSignal): Promise<unknown>;
  /** Undefined where the tile lies outside the scene. @throws AppError */
  tile(address: TileAddress, signal: AbortSignal): Promise<Tile | undefined>;
  /** A picture or vector tile; undefined where the basemap has none there. @throws AppError */
  basemapTile(address: BasemapAddress, signal: AbortSignal): Promise<BasemapTile | undefined>;
  /** A report whose address `report.open` gave; undefined where its ticket is used or unknown. @throws AppError */
  report(ticket: string): Promise<Uint8Array | undefined>;
  /** Ends processes and closes files; nothing is lost. */
  dispose(): Promise<void>;
};

export function createDesk(dependencies: DeskDependencies): Desk {
  const scenes = createScenes(dependencies);
  const project = createProjectHandlers(dependencies);
  const jobs = createJobHandlers({ ...dependencies, store: project.store });
  const basemaps = createBasemaps({ ...dependencies, store: project.store });
  const reports = new Reports(() => jobs.reports());
  const accuracy = createAccuracyHandlers({ ...dependencies, reports });
  const handlers: DeskHandlers = {
    ...scenes.handlers,
    ...project.handlers,
    ...createFileHandlers(dependencies),
    ...jobs.handlers,
    ...accuracy.handlers,
    ...basemaps.handlers,
  };
  return {
    call: async (name, input, signal) => {
      if (!Object.hasOwn(deskApi, name))
        throw new AppError('usage', `There is no call named "${name.slice(0, 60)}".`);
      const known = name as DeskCall;
      const parsed = deskApi[known].input.safeParse(input);
      if (!parsed.success)
        throw new AppError(
          'usage',
          parsed.error.issues
            .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
            .join('; '),
        );
      await dependencies.confine?.(deskApi[known].input, parsed.data);
      return handlers[known](parsed.data as never, signal);
    },
    tile: (address, signal) => scenes.tile(address, signal),
    basemapTile: (address, signal) => basemaps.tile(address, signal),
    report: (ticket) => reports.read(ticket),
    dispose: async () => {
      basemaps.dispose();
      await jobs.dispose();
      await scenes.dispose();
      await project.dispose();
    },
  };
}
