import { jobCalls } from '../../../app/contract/desk/jobs.ts';
import type { DeskHandlers } from '../../../app/contract/deskApi.ts';
import type { DeskDependencies } from './deskDependencies.ts';
import type { ProjectStore } from './project.ts';
import { unfinished } from './unfinished.ts';

export function createJobHandlers(_: DeskDependencies & { readonly store: ProjectStore }): {
  readonly handlers: Pick<DeskHandlers, keyof typeof jobCalls>;
  dispose(): Promise<void>;
} {
  return { handlers: unfinished(jobCalls), dispose: () => Promise.resolve() };
}
