import type { projectCalls } from '../../../app/contract/desk/project.ts';
import type { DeskHandlers } from '../../../app/contract/deskApi.ts';
import type { DeskDependencies } from './deskDependencies.ts';
import { ProjectHolder } from './projectHolder.ts';
import { createSampleProject } from './projectSample.ts';
import { createRoiHandlers } from './rois.ts';

/** The project that is open now: replaced when another is opened. */
export type ProjectStore = Pick<ProjectHolder, 'file' | 'folderOf' | 'listen'>;

export function createProjectHandlers(dependencies: DeskDependencies): {
  readonly handlers: Pick<DeskHandlers, keyof typeof projectCalls>;
  readonly store: ProjectStore;
  dispose(): Promise<void>;
} {
  const holder = new ProjectHolder(dependencies);
  return {
    handlers: {
      'project.state': () => holder.state(),
      'project.new': async () => {
        await holder.startNew();
        return holder.state();
      },
      'project.open': async ({ path, readOnly }) => {
        await holder.open(path, readOnly);
        return holder.state();
      },
      'project.saveAs': async ({ path, overwrite }) => {
        await holder.saveAs(path, overwrite);
        return holder.state();
      },
      'project.sample': async ({ kind }, signal) => {
        const edit = await createSampleProject(kind, dependencies, signal);
        await holder.startNew();
        await holder.apply(edit);
        return holder.state();
      },
      'project.recent': async () => ({ projects: await holder.recent() }),
      'project.edit': async ({ edit, token }) => ({ revision: await holder.apply(edit, token) }),
      'project.sketch': async ({ sketch }) => {
        await holder.setSketch(sketch);
        return {};
      },
      ...createRoiHandlers(dependencies, holder),
    },
    store: holder,
    dispose: () => holder.dispose(),
  };
}
