import { projectCalls } from '../../../app/contract/desk/project.ts';
import type { DeskHandlers } from '../../../app/contract/deskApi.ts';
import type { DeskDependencies } from './deskDependencies.ts';
import { unfinished } from './unfinished.ts';

/** The project that is open now: replaced when another is opened. */
export type ProjectStore = Record<never, never>;

export function createProjectHandlers(_: DeskDependencies): {
  readonly handlers: Pick<DeskHandlers, keyof typeof projectCalls>;
  readonly store: ProjectStore;
  dispose(): Promise<void>;
} {
  return { handlers: unfinished(projectCalls), store: {}, dispose: () => Promise.resolve() };
}
