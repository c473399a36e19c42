import type OpenLayersMap from 'ol/Map.js';
import { addScene } from '../edits/layers.ts';
import { watch } from '../state/store.ts';
import type { Workspace } from '../state/workspace.ts';
import { t } from '../words/translate.ts';
import { createLiveMap, type LiveMap } from './liveMap.ts';

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
    const entry = store.get().scenes.get(String(job?.input['scene'] ?? ''));
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
  const unwatch = watch(
    store,
    (state) => state.jobs,
    (jobs) => {
      for (const job of jobs) {
        if (job.state === 'running' || job.state === 'queued') atWork.add(job.id);
        if (!atWork.has(job.id) || job.state === 'running' || job.state === 'queued') continue;
        // A paused map stays in view until it goes on.
        if (job.state === 'paused') continue;
        const done = job.state === 'done';
        if (done && job.kind === 'predict' && typeof job.result?.['map'] === 'string')
          addScene(workspace, job.result['map'], job.title)
            .catch(workspace.report)
            .finally(() => finish(job.id));
        else finish(job.id);
        if (done && job.kind === 'train')
          workspace.notify(t('{title}: done.', { title: job.title }), {
            label: t('Map what is in view'),
            run: () => store.set({ panel: 'train' }),
          });
        if (job.state === 'failed')
          workspace.report(Object.assign(new Error(job.error?.message ?? job.title)));
      }
    },
  );
  return () => {
    unmapped();
    unwatch();
    for (const id of [...live.keys()]) finish(id);
  };
}
