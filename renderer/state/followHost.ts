import type { DeskEvent } from '../../app/contract/deskApi.ts';
import { AppError, errorRecord } from '../../app/error.ts';
import { t } from '../words/translate.ts';
import type { SceneEntry, Workspace } from './workspaceState.ts';

type Mapped = Extract<DeskEvent, { kind: 'mapped' }>;
type Follower = Omit<Workspace, 'onMapped'>;
type SceneChange = Extract<DeskEvent, { kind: 'scene' }>;

/** Keeps the workspace as the host says; gives the way to hear of windows of maps that are done. */
export function followHost(workspace: Follower): Workspace['onMapped'] {
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
    if (event.kind === 'project') projectChanged(workspace, event.revision).catch(report);
  });
  // A host that was started again may have another project open, and knows no scene.
  host.onReconnect(async (call) => {
    const { project, notices } = store.get();
    if (project === undefined) return;
    store.set({ notices: notices.filter(({ lost }) => lost !== true) });
    try {
      if (project.path !== undefined && (await call('project.state', {})).path !== project.path)
        await call('project.open', { path: project.path, readOnly: project.readOnly ?? false });
      store.set({ jobs: (await call('job.list', {})).jobs });
    } catch (error) {
      report(error);
    }
    // These calls wait until the connection is ready, after the edits that wait.
    workspace.saved().then(workspace.reload).catch(report);
    for (const [uri, { state }] of store.get().scenes)
      if (state !== 'opening') openAgain(workspace, uri).catch(report);
  });
  return (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
}

/** Another window's edit; our own are known by their answers, which may come after the event. */
async function projectChanged({ store, saved, reload }: Follower, revision: number): Promise<void> {
  await saved();
  if (revision > (store.get().project?.revision ?? 0)) await reload();
}

/** A scene as its files are now. What is shown of it stays until that is known. */
async function openAgain({ store, host }: Follower, uri: string): Promise<void> {
  const put = (entry: SceneEntry): void =>
    store.set({ scenes: new Map(store.get().scenes).set(uri, entry) });
  try {
    put({ state: 'open', info: await host.call('scene.open', { uri }) });
  } catch (error) {
    const before = store.get().scenes.get(uri);
    const info = before !== undefined && 'info' in before ? before.info : undefined;
    put({ state: 'failed', error: errorRecord(error), ...(info === undefined ? {} : { info }) });
    throw error;
  }
}

async function sceneChanged(workspace: Follower, { uri, state }: SceneChange): Promise<void> {
  const { store } = workspace;
  const before = store.get().scenes.get(uri);
  if (before === undefined) return;
  if (state === 'gone') {
    const gone = new AppError(
      'not-found',
      t('{uri} is no longer there. Put it back, or remove its layer.', { uri }),
    );
    const info = 'info' in before ? before.info : undefined;
    const entry: SceneEntry = {
      state: 'failed',
      error: errorRecord(gone),
      ...(info === undefined ? {} : { info }),
    };
    store.set({ scenes: new Map(store.get().scenes).set(uri, entry) });
    throw gone;
  }
  await openAgain(workspace, uri);
  workspace.notify(
    state === 'back'
      ? t('{uri} is there again.', { uri })
      : t('{uri} changed on disk and was opened again.', { uri }),
  );
}
