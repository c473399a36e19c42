import type { DeskEvent } from '../../app/contract/deskApi.ts';
import { AppError, errorRecord } from '../../app/error.ts';
import { t } from '../words/translate.ts';
import type { Workspace } from './workspaceState.ts';

type Mapped = Extract<DeskEvent, { kind: 'mapped' }>;
type SceneChange = Extract<DeskEvent, { kind: 'scene' }>;

/** Keeps the workspace as the host says; gives the way to hear of windows of maps that are done. */
export function followHost(workspace: Omit<Workspace, 'onMapped'>): Workspace['onMapped'] {
  const { store, host, report } = workspace;
  const listeners = new Set<(event: Mapped) => void>();
  host.onEvent((event) => {
    if (event.kind === 'mapped') for (const listener of listeners) listener(event);
    if (event.kind === 'job') {
      const others = store.get().jobs.filter(({ id }) => id !== event.job.id);
      store.set({
        jobs: [event.job, ...others].sort((a, b) => (a.created < b.created ? 1 : -1)),
      });
    }
    if (event.kind === 'scene') sceneChanged(workspace, event).catch(report);
    // Another window's edit; our own are known by their answer, which may come after the event.
    if (event.kind === 'project' && store.get().saving === 0) {
      if (event.revision > (store.get().project?.revision ?? 0)) workspace.reload().catch(report);
    }
  });
  // A host that was started again may have another project open.
  host.onReconnect(async (call) => {
    const mine = store.get().project?.path;
    if (mine === undefined) return;
    try {
      if ((await call('project.state', {})).path !== mine)
        await call('project.open', { path: mine });
    } catch (error) {
      report(error);
    }
  });
  return (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
}

async function sceneChanged(
  workspace: Omit<Workspace, 'onMapped'>,
  { uri, state }: SceneChange,
): Promise<void> {
  const { store } = workspace;
  const scenes = new Map(store.get().scenes);
  const before = scenes.get(uri);
  if (before === undefined) return;
  if (state === 'gone') {
    const gone = new AppError(
      'not-found',
      t('{uri} is no longer there. Put it back, or remove its layer.', { uri }),
    );
    const info = 'info' in before ? before.info : undefined;
    scenes.set(uri, {
      state: 'failed',
      error: errorRecord(gone),
      ...(info === undefined ? {} : { info }),
    });
    store.set({ scenes });
    workspace.report(gone);
    return;
  }
  scenes.delete(uri);
  store.set({ scenes });
  await workspace.openScene(uri);
  workspace.notify(t('{uri} changed on disk and was opened again.', { uri }));
}
