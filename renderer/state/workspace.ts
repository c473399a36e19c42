import type { ProjectState } from '../../app/contract/desk/project.ts';
import { isLost } from '../../app/contract/rpc.ts';
import { errorRecord } from '../../app/error.ts';
import {
  applyEdit,
  emptyDocument,
  inverseOf,
  type ProjectDocument,
} from '../../app/project/document.ts';
import type { Edit, LayerRow } from '../../app/project/rows.ts';
import type { Host } from '../rpc/connectToHost.ts';
import { saidOfError } from '../words/translate.ts';
import { followHost } from './followHost.ts';
import { createStore, type Store } from './store.ts';
import type { Notice, SceneEntry, Workspace, WorkspaceState } from './workspaceState.ts';

const mostUndo = 500;
const mostNotices = 6;

export const initialState: WorkspaceState = {
  connection: 'connecting',
  project: undefined,
  document: emptyDocument,
  undo: [],
  redo: [],
  saving: 0,
  scenes: new Map(),
  jobs: [],
  tool: 'pan',
  panel: 'style',
  selectedLayer: undefined,
  selectedClass: undefined,
  selectedRois: new Set(),
  notices: [],
  recoveredSketch: undefined,
  dialog: 'none',
};

/** The tables of a project as it came from the host. */
function documentOf({ tables }: ProjectState): ProjectDocument {
  const byId = <Row extends { readonly id: string }>(rows: readonly Row[]) =>
    new Map(rows.map((row) => [row.id, row]));
  return {
    layers: byId(tables.layers),
    classes: byId(tables.classes),
    rois: byId(tables.rois),
    points: byId(tables.points),
    settings: new Map(tables.settings.map(({ id, value }) => [id, value])),
  };
}

/** The uppermost layer that shows an image, else the uppermost of all. */
function firstImage({ tables }: ProjectState): LayerRow | undefined {
  const sorted = tables.layers.toSorted((a, b) => b.order - a.order);
  return sorted.find(({ kind, visible }) => kind === 'scene' && visible) ?? sorted[0];
}

export function createWorkspace(host: Host): Workspace {
  const store = createStore(initialState);
  const notices = createNotices(store);
  const history = createHistory(host, store, {
    report: notices.report,
    load: (project) => workspace.load(project),
  });
  const workspace: Omit<Workspace, 'onMapped'> = {
    host,
    store,
    ...notices,
    ...history,
    load: (project) => {
      const { tables: _, sketch, ...rest } = project;
      store.set({
        project: rest,
        document: documentOf(project),
        undo: [],
        redo: [],
        selectedRois: new Set(),
        selectedLayer: firstImage(project)?.id,
        selectedClass: project.tables.classes.toSorted((a, b) => a.order - b.order)[0]?.id,
        recoveredSketch: sketch,
        tool: 'pan',
      });
      host.call('job.list', {}).then(({ jobs }) => store.set({ jobs }), notices.report);
    },
    openScene: async (uri) => {
      const known = store.get().scenes.get(uri);
      if (known?.state === 'open') return known.info;
      const put = (entry: SceneEntry): void =>
        store.set({ scenes: new Map(store.get().scenes).set(uri, entry) });
      put({ state: 'opening' });
      try {
        const info = await host.call('scene.open', { uri });
        put({ state: 'open', info });
        return info;
      } catch (error) {
        put({ state: 'failed', error: errorRecord(error) });
        throw error;
      }
    },
  };
  return { ...workspace, onMapped: followHost(workspace) };
}

function createNotices(
  store: Store<WorkspaceState>,
): Pick<Workspace, 'notify' | 'report' | 'dismiss'> {
  let next = 0;
  const add = (notice: Omit<Notice, 'id'>): void => {
    const others = store.get().notices.filter(({ text }) => text !== notice.text);
    store.set({ notices: [...others, { ...notice, id: next++ }].slice(-mostNotices) });
  };
  return {
    notify: (text, action) =>
      add({ level: 'note', text, ...(action === undefined ? {} : { action }) }),
    report: (error) => {
      const record = errorRecord(error);
      const { code } = record;
      const lost = isLost(error);
      if (code !== 'cancelled')
        add({ level: 'error', text: saidOfError(record), code, ...(lost ? { lost } : {}) });
    },
    dismiss: (id) =>
      store.set({ notices: store.get().notices.filter((notice) => notice.id !== id) }),
  };
}

/** The selection without what is gone: another class takes the place of one that an undo removed. */
function selectionIn(
  { classes, layers, rois }: ProjectDocument,
  { selectedClass, selectedLayer, selectedRois }: WorkspaceState,
): Pick<WorkspaceState, 'selectedClass' | 'selectedLayer' | 'selectedRois'> {
  const first = [...classes.values()].sort((a, b) => a.order - b.order)[0]?.id;
  const kept = [...selectedRois].filter((id) => rois.has(id));
  return {
    selectedClass: classes.has(selectedClass ?? '') ? selectedClass : first,
    selectedLayer: layers.has(selectedLayer ?? '') ? selectedLayer : undefined,
    selectedRois: kept.length === selectedRois.size ? selectedRois : new Set(kept),
  };
}

/** Sends an edit until it is answered; the host does not do it twice where only the answer was lost. */
async function sendSafely(host: Host, edit: Edit): Promise<{ readonly revision: number }> {
  const token = crypto.randomUUID();
  for (;;) {
    try {
      return await host.call('project.edit', { edit, token });
    } catch (error) {
      // The next call waits for a connection.
      if (!isLost(error)) throw error;
    }
  }
}

/** Edits, here at once and in the project file in the order in which they were made. */
function createHistory(
  host: Host,
  store: Store<WorkspaceState>,
  { report, load }: Pick<Workspace, 'report' | 'load'>,
): Pick<Workspace, 'edit' | 'amend' | 'undo' | 'redo' | 'saved' | 'reload'> {
  let sending: Promise<void> = Promise.resolve();
  /** Some edit on its way may not be in what is shown: it is taken anew when all are there. */
  let stale = false;
  const reload = async (): Promise<void> => {
    stale = store.get().saving > 0;
    if (stale) return;
    const state = await host.call('project.state', {});
    // Edits made meanwhile are in no state that was asked for before.
    stale = store.get().saving > 0;
    if (stale) return;
    if (state.folder !== store.get().project?.folder) return load(state);
    const { tables: _, sketch: __, ...project } = state;
    const document = documentOf(state);
    store.set({ document, project, ...selectionIn(document, store.get()) });
  };
  const refused = (error: unknown): void => {
    report(error);
    // The file is what counts: what it holds is shown when nothing is under way any more.
    stale = true;
    store.set({ undo: [], redo: [] });
  };
  const send = async (edit: Edit): Promise<void> => {
    try {
      const { revision } = await sendSafely(host, edit);
      const { project } = store.get();
      // A number was passed over: another window's edit came between.
      if (revision !== (project?.revision ?? 0) + 1) stale = true;
      if (project !== undefined) store.set({ project: { ...project, revision } });
    } catch (error) {
      refused(error);
    } finally {
      store.set({ saving: store.get().saving - 1 });
    }
    if (stale) await reload().catch(report);
  };
  const apply = (edit: Edit): void => {
    const document = applyEdit(store.get().document, edit);
    store.set({ document, ...selectionIn(document, store.get()), saving: store.get().saving + 1 });
    sending = sending.then(() => send(edit));
  };
  return {
    edit: (label, changes) => {
      if (changes.length === 0) return;
      const edit: Edit = { label, changes: [...changes] };
      store.set({ undo: [...store.get().undo.slice(1 - mostUndo), edit], redo: [] });
      apply(edit);
    },
    amend: (changes) => apply({ label: '', changes: [...changes] }),
    undo: () => {
      const { undo, redo } = store.get();
      const last = undo.at(-1);
      if (last === undefined) return;
      store.set({ undo: undo.slice(0, -1), redo: [...redo, last] });
      apply(inverseOf(last));
    },
    redo: () => {
      const { undo, redo } = store.get();
      const next = redo.at(-1);
      if (next === undefined) return;
      store.set({ redo: redo.slice(0, -1), undo: [...undo, next] });
      apply(next);
    },
    saved: () => sending,
    reload,
  };
}
