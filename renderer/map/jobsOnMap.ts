import type OpenLayersMap from 'ol/Map.js';
import type { Output } from '../../app/contract/api.ts';
import type { JobRecord } from '../../app/contract/desk/jobs.ts';
import { probabilityLook, unchangedHidden } from '../edits/changeLayers.ts';
import { addScene, type NewLook } from '../edits/layers.ts';
import { watch } from '../state/store.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { said, t } from '../words/translate.ts';
import { createLiveMap, type LiveMap } from './liveMap.ts';

/** Puts a map in as a layer unless another window of this project has done so: they hear of it at the same time. */
function addOnce(
  workspace: Workspace,
  map: string,
  title: string,
  look: NewLook = {},
): Promise<void> {
  return navigator.locks.request(`prismap-layer-${map}`, async () => {
    const { tables } = await workspace.host.call('project.state', {});
    if (tables.layers.some(({ uri }) => uri === map)) return;
    await addScene(workspace, map, title, look);
    await workspace.saved();
  });
}

/** The probability, cut where the map is; the map itself is there to be shown, and would hide what the threshold does. */
async function addChange(workspace: Workspace, job: JobRecord): Promise<void> {
  const { title, result } = job;
  const { map, probability, threshold } = result as Output<'change'>;
  await addOnce(workspace, map, title, { look: unchangedHidden, visible: false });
  await addOnce(workspace, probability, t('Probability: {title}', { title }), {
    look: probabilityLook(threshold),
  });
}

/** What a job made that ended in view of the window: layers, or a word with the way to them. */
function announce(workspace: Workspace, job: JobRecord): void {
  const { kind, title } = job;
  if (kind === 'train' || kind === 'pretrain')
    workspace.notify(t('{title}: done.', { title }), {
      label: t('Show result'),
      run: () => workspace.store.set({ panel: kind }),
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
    const scene = job?.input[job.kind === 'change' ? 'before' : 'scene'];
    const entry = store.get().scenes.get(scene as string);
    if (entry?.state !== 'open') return;
    const made = live.get(event.job) ?? createLiveMap(map, entry.info);
    live.set(event.job, made);
    const own = event.colors && new Map(event.colors.map(([value, ...color]) => [value, color]));
    made.paint(event, own === undefined ? colorOf : (value) => own.get(value));
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
      if (state === 'done') announce(workspace, job);
      const map = state === 'done' ? result?.['map'] : undefined;
      const layers =
        kind === 'change' && typeof map === 'string'
          ? addChange(workspace, job)
          : kind === 'predict' && typeof map === 'string'
            ? addOnce(workspace, map, title)
            : undefined;
      if (layers === undefined) finish(id);
      else layers.catch(workspace.report).finally(() => finish(id));
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
