import type { JobRecord } from '../../app/contract/desk/jobs.ts';
import type { ProjectState } from '../../app/contract/desk/project.ts';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { DeskEvent } from '../../app/contract/deskApi.ts';
import type { ErrorRecord } from '../../app/error.ts';
import type { ProjectDocument } from '../../app/project/document.ts';
import type { Edit, RowChange, Sketch } from '../../app/project/rows.ts';
import type { Host } from '../rpc/connectToHost.ts';
import type { Store } from './store.ts';

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
  | 'pretrain'
  | 'models'
  | 'change'
  | 'batch'
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
  /** About the connection to Prismap: it goes when that is there again. */
  readonly lost?: boolean;
  readonly action?: {
    readonly label: string;
    readonly run: () => void;
    /** A question: it does not go away by itself. */
    readonly stays?: boolean;
  };
};

export type SceneEntry =
  | { readonly state: 'opening' }
  | { readonly state: 'open'; readonly info: SceneInfo }
  | { readonly state: 'failed'; readonly error: ErrorRecord; readonly info?: SceneInfo };

export type WorkspaceState = {
  readonly connection: 'connecting' | 'ready' | 'lost' | 'refused';
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
  readonly dialog:
    | 'none'
    | 'open'
    | 'palette'
    | 'shortcuts'
    | 'saveAs'
    | 'import'
    | 'exportRois'
    | 'copyRois'
    | 'basemap';
};

/** The open project as the window sees it, and everything that changes it. */
export type Workspace = {
  readonly host: Host;
  readonly store: Store<WorkspaceState>;
  /** Applies an edit here at once and in the project file soon after; a refusal takes it back. */
  readonly edit: (label: string, changes: readonly RowChange[]) => void;
  /** Keeps something that nobody did, as the first look of a scene: it is no step of undo. */
  readonly amend: (changes: readonly RowChange[]) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  /** Puts a project in place of the open one. */
  readonly load: (project: ProjectState) => void;
  readonly openScene: (uri: string) => Promise<SceneInfo>;
  readonly notify: (text: string, action?: Notice['action']) => void;
  readonly report: (error: unknown) => void;
  readonly dismiss: (id: number) => void;
  /** Waits until every edit is in the project file. */
  readonly saved: () => Promise<void>;
  /** Shows what the project file holds now. Steps of undo stay: the host refuses one that no longer fits. */
  readonly reload: () => Promise<void>;
  readonly onMapped: (
    listener: (event: Extract<DeskEvent, { kind: 'mapped' }>) => void,
  ) => () => void;
};
