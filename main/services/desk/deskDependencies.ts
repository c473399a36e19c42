import type { DeskEvent } from '../../../app/contract/deskApi.ts';
import type { RunTask, StartTaskProcess } from '../../workers/host.ts';
import type { StartSceneProcess } from '../../workers/sceneHost.ts';
import type { Confine } from './confine.ts';

/** What the desk is made of. */
export type DeskDependencies = {
  readonly runTask: RunTask;
  /** Says something to every window. */
  readonly emit: (event: DeskEvent) => void;
  /** Folder for what has no other place: unnamed projects, recent files, uploads. */
  readonly dataFolder: string;
  /** Folders that `files.list` may show; in the window of the desktop application the system's dialogs take its place. */
  readonly folders: readonly string[];
  /** What a window may name; anything where absent, as in the desktop application, whose user names files in the system's dialogs. */
  readonly confine?: Confine;
  /** How a scene process is started; a child of Node where absent. */
  readonly startSceneProcess?: StartSceneProcess;
  /** How a process of a batch is started; a child of Node where absent. */
  readonly startTaskProcess?: StartTaskProcess;
};

/** A tile ready to be sent. `bytes` as app/contract/tileAddress.ts says. */
export type Tile = { readonly sampleType: string; readonly bytes: Uint8Array };
