import type { JobRecord } from '../../app/contract/desk/jobs.ts';
import type { ProjectState } from '../../app/contract/desk/project.ts';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { DeskEvent } from '../../app/contract/deskApi.ts';
import { AppError, type ErrorRecord, errorRecord } from '../../app/error.ts';
import {
  applyEdit,
  emptyDocument,
  inverseOf,
  type ProjectDocument,
} from '../../app/project/document.ts';
import type { Edit, RowChange, Sketch } from '../../app/project/rows.ts';
import type { Host } from '../rpc/connectToHost.ts';
import { createStore, type Store } from './store.ts';

/** Tools of the map; `pan` is the one that does nothing to the data. */
export type ToolName =
  | 'pan'
  | 'select'
  | 'polygon'
  | 'rectangle'
  | 'circle'
  | 'freehand'
  | 'brush'
  | 'eraser'
  | 'wand'
  | 'vertices'
  | 'hole'
  | 'split'
  | 'label';

/** Panels on the right, one at a time. */
export type PanelName =
  | 'style'
  | 'spectra'
  | 'train'
  | 'accuracy'
  | 'jobs'
  | 'export'
  | 'help'
  | 'settings';

/** A line to the user that goes away by itself, or an error that stays until it is read. */
export type Notice = {
  readonly id: number;
  readonly level: 'note' | 'error';
  readonly text: string;
  readonly code?: string;
  readonly action?: { readonly label: string; readonly run: () => void };
};

export type SceneEntry =
  | { readonly state: 'opening' }
  | { readonly state: 'open'; readonly info: SceneInfo }
  | { readonly state: 'failed'; readonly error: ErrorRecord; readonly info?: SceneInfo };

export type WorkspaceState = {
  readonly connection: 'connecting' | 'ready' | 'lost';
  readonly project: Omit<ProjectState, 'tables' | 'sketch'> | undefined;
  readonly document: ProjectDocument;
  readonly undo: readonly Edit[];
  readonly redo: readonly Edit[];
  /** Edits on their way to the project file. */
  readonly saving: number;
  /** What is known of each raster that a layer shows, by its address. */
  readonly scenes: ReadonlyMap<string, SceneEntry>;
  readonly jobs: readonly JobRecord[];
  readonly tool: ToolName;
  readonly panel: PanelName;
  readonly selectedLayer: string | undefined;
  readonly selectedClass: string | undefined;
  readonly selectedRois: ReadonlySet<string>;
  readonly notices: readonly Notice[];
  /** A polygon that a crash interrupted, offered to the analyst. */
  readonly recoveredSketch: Sketch | undefined;
  readonly dialog: 'none' | 'open' | 'palette' | 'shortcuts' | 'saveAs' | 'import' | 'exportRois';
};

const mostUndo = 500;

/** The open project as the window sees it, and everything that changes it. */
export type Workspace = {
  readonly host: Host;
  readonly store: Store<WorkspaceState>;
  /** Applies an edit here at once and in the project file soon after; a refusal takes it back. */
  edit(label: string, changes: readonly RowChange[]): void;
  undo(): void;
  redo(): void;
  /** Puts a project in place of the open one. */
  load(project: ProjectState): void;
  openScene(uri: string): Promise<SceneInfo>;
  notify(text: string, action?: Notice['action']): void;
  report(error: unknown): void;
  dismiss(id: number): void;
  /** Waits until every edit is in the project file. */
  saved(): Promise<void>;
  onMapped(listener: (event: Extract<DeskEvent, { kind: 'mapped' }>) => void): () => void;
};

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

export function createWorkspace(host: Host): Workspace {
  const store = createStore(initialState);
  let noticeId = 0;
  let sending: Promise<void> = Promise.resolve();
  const mapped = new Set<(event: Extract<DeskEvent, { kind: 'mapped' }>) => void>();

  const addNotice = (notice: Omit<Notice, 'id'>): void => {
    const same = store.get().notices.filter(({ text }) => text !== notice.text);
    store.set({ notices: [...same, { ...notice, id: noticeId++ }].slice(-6) });
  };
  const report = (error: unknown): void => {
    const { code, message } = errorRecord(error);
    if (code !== 'cancelled') addNotice({ level: 'error', text: message, code });
  };
  const reload = async (): Promise<void> => {
    const project = await host.call('project.state', {});
    store.set({ document: documentOf(project), project });
  };
  const apply = (edit: Edit): void => {
    store.set({ document: applyEdit(store.get().document, edit), saving: store.get().saving + 1 });
    sending = sending
      .then(() => host.call('project.edit', { edit }))
      .then(() => undefined)
      .catch(async (error: unknown) => {
        report(error);
        // The file is what counts: show what it holds.
        await reload().catch(report);
        store.set({ undo: [], redo: [] });
      })
      .finally(() => store.set({ saving: store.get().saving - 1 }));
  };

  const workspace: Workspace = {
    host,
    store,
    edit: (label, changes) => {
      if (changes.length === 0) return;
      const edit: Edit = { label, changes: [...changes] };
      store.set({ undo: [...store.get().undo.slice(1 - mostUndo), edit], redo: [] });
      apply(edit);
    },
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
    load: (project) => {
      const { tables: _, sketch, ...rest } = project;
      store.set({
        project: rest,
        document: documentOf(project),
        undo: [],
        redo: [],
        selectedRois: new Set(),
        selectedLayer: project.tables.layers.toSorted((a, b) => b.order - a.order)[0]?.id,
        selectedClass: project.tables.classes.toSorted((a, b) => a.order - b.order)[0]?.id,
        recoveredSketch: sketch,
        dialog: 'none',
        tool: 'pan',
      });
      void host.call('job.list', {}).then(({ jobs }) => store.set({ jobs }), report);
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
    notify: (text, action) =>
      addNotice({ level: 'note', text, ...(action === undefined ? {} : { action }) }),
    report,
    dismiss: (id) =>
      store.set({ notices: store.get().notices.filter((notice) => notice.id !== id) }),
    saved: () => sending,
    onMapped: (listener) => {
      mapped.add(listener);
      return () => mapped.delete(listener);
    },
  };

  const onEvent = (event: DeskEvent): void => {
    if (event.kind === 'mapped') for (const listener of mapped) listener(event);
    if (event.kind === 'job') {
      const others = store.get().jobs.filter(({ id }) => id !== event.job.id);
      const jobs = [event.job, ...others].sort((a, b) => (a.created < b.created ? 1 : -1));
      store.set({ jobs });
    }
    if (event.kind === 'scene') void sceneChanged(event).catch(report);
    if (event.kind === 'project' && event.revision > (store.get().project?.revision ?? 0))
      void reload().catch(report);
  };
  const sceneChanged = async ({
    uri,
    state,
  }: Extract<DeskEvent, { kind: 'scene' }>): Promise<void> => {
    const scenes = new Map(store.get().scenes);
    const before = scenes.get(uri);
    if (before === undefined) return;
    if (state === 'gone') {
      const error = {
        code: 'not-found' as const,
        message: `${uri} is no longer there. Put it back, or remove its layer.`,
        details: {},
      };
      const info = 'info' in before ? before.info : undefined;
      scenes.set(uri, { state: 'failed', error, ...(info === undefined ? {} : { info }) });
      store.set({ scenes });
      report(new AppError(error.code, error.message));
      return;
    }
    scenes.delete(uri);
    store.set({ scenes });
    await workspace.openScene(uri);
    workspace.notify(`${uri} changed on disk and was opened again.`);
  };
  host.onEvent(onEvent);
  return workspace;
}
