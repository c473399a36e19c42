import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  DeskCall,
  DeskEvent,
  DeskInput,
  DeskOutput,
} from '../../../../app/contract/deskApi.ts';
import { type RunTask, runInChild } from '../../../workers/host.ts';
import type { Confine } from '../confine.ts';
import { createDesk } from '../createDesk.ts';

/** A desk with real compute processes, calls typed by the contract, and what it said. */
export type TestDesk = {
  readonly dataFolder: string;
  readonly events: readonly DeskEvent[];
  call<Name extends DeskCall>(
    name: Name,
    input: DeskInput<Name>,
    signal?: AbortSignal,
  ): Promise<DeskOutput<Name>>;
  dispose(): Promise<void>;
};

/** A desk on a data folder, by default one of its own. */
export function createTestDesk(
  dataFolder: string,
  runTask: RunTask = runInChild,
  confine?: Confine,
): TestDesk {
  const events: DeskEvent[] = [];
  const desk = createDesk({
    runTask,
    emit: (event) => events.push(event),
    dataFolder,
    folders: [],
    ...(confine === undefined ? {} : { confine }),
  });
  return {
    dataFolder,
    events,
    call: async <Name extends DeskCall>(
      name: Name,
      input: DeskInput<Name>,
      signal = new AbortController().signal,
    ) => (await desk.call(name, input, signal)) as DeskOutput<Name>,
    dispose: () => desk.dispose(),
  };
}

/** A folder for the time of a test file, and its removal. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'prismap-desk-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
