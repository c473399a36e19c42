import type OpenLayersMap from 'ol/Map.js';
import type { JobRecord } from '../../app/contract/desk/jobs.ts';
import { addScene } from '../edits/layers.ts';
import { watch } from '../state/store.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { said, t } from '../words/translate.ts';
import { createLiveMap, type LiveMap } from './liveMap.ts';

/** Puts a map in as a layer unless another window of this project has done so: they hear of it at the same time. */
function addOnce(workspace: Workspace, map: string, title: string): Promise<void> {
  return navigator.locks.request(`prismap-layer-${map}`, async () => {
    const { tables } = await workspace.host.call('project.state', {});
    if (tables.layers.some(({ uri }) => uri === map)) return;
    await addScene(workspace, map, title);
    await workspace.saved();
  });
}

/** Shows maps while they are made, window by window, and puts the finished one in as a layer. */
export function jobsOnMap(map: OpenLayersMap, workspace: Workspace): () => void {
  const { store } = workspace;
  const live = new Map<string, LiveMap>();
  /** Jobs seen at work: only their results are shown by themselves, not those of an earlier session. */
  const atWork = new Set<string>();

  const colorOf = (value: number) =>
    [...store.get().document.classes.values()].find((row) => row.value === value)?.color;

  const unmapped = workspace.onMapped((event) => {
    const job = store.get().jobs.find(({ id }) => id === event.job);
    const entry = store.get().scenes.get(job?.input['scene'] as string);
    if (entry?.state !== 'open') return;
    const made = live.get(event.job) ?? createLiveMap(map, entry.info);
    live.set(event.job, made);
    made.paint(event, colorOf);
  });
  const finish = (id: string): void => {
    live.get(id)?.remove();
    live.delete(id);
    atWork.delete(id);
  };
  const follow = (job: JobRecord): void => {
    const { id, state, kind, title, result, error } = job;
    if (state === 'running' || state === 'queued') atWork.add(id);
    // A paused map stays in view until it goes on.
    else if (atWork.has(id) && state !== 'paused') {
      if (state === 'failed')
        workspace.report(new Error(error === undefined ? title : said(error)));
      if (state === 'done' && (kind === 'train' || kind === 'pretrain'))
        workspace.notify(t('{title}: done.', { title }), {
          label: t('Show result'),
          run: () => store.set({ panel: kind }),
        });
      const map = state === 'done' && kind === 'predict' ? result?.['map'] : undefined;
      if (typeof map !== 'string') finish(id);
      else
        addOnce(workspace, map, title)
          .catch(workspace.report)
          .finally(() => finish(id));
    }
  };
  const unwatch = watch(
    store,
    (state) => state.jobs,
    (jobs) => jobs.forEach(follow),
  );
  return () => {
    unmapped();
    unwatch();
    for (const id of [...live.keys()]) finish(id);
  };
}
