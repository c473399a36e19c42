import type { ProgressEvent } from '../../app/contract/events.ts';
import type { RunTask, StartTaskProcess } from '../workers/host.ts';

/** What a caller may give along with a call. */
export type CallOptions = {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ProgressEvent) => void;
};

/** What services are made of: how a task is run in a process of its own. */
export type ServiceDependencies = {
  readonly runTask: RunTask;
  /** How a process is started that stays for one task after the other; a child of Node where absent. */
  readonly startProcess?: StartTaskProcess;
};

/** What a service has while it answers one call. */
export type CallContext = CallOptions & ServiceDependencies;
