import type { ProjectState } from '../../app/contract/desk/project.ts';
import { addScene } from '../edits/layers.ts';
import { t } from '../words/translate.ts';
import type { CommandContext } from './command.ts';

const replace = (context: CommandContext, next: Promise<ProjectState>): void => {
  const { workspace } = context;
  next.then(workspace.load, workspace.report);
};

export function newProject(context: CommandContext): void {
  const { host } = context.workspace;
  replace(
    context,
    context.workspace.saved().then(() => host.call('project.new', {})),
  );
}

export function openSample(
  context: CommandContext,
  kind: 'hyperspectral' | 'sentinel2' | 'pair',
): void {
  const { workspace } = context;
  workspace.notify(t('The sample scene is being made. It takes some seconds.'));
  replace(context, workspace.host.call('project.sample', { kind }));
}

/** Opens whatever a path names: a project in place of this one; a scene as a layer. */
export async function openPath(context: CommandContext, path: string): Promise<void> {
  const { workspace } = context;
  if (/\.(gpkg|prismap)$/i.test(path)) {
    await workspace.saved();
    workspace.load(await workspace.host.call('project.open', { path }));
  } else {
    await addScene(workspace, path);
  }
}
