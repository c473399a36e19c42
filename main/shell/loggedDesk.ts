import { logFolder } from '../dataFolder.ts';
import { createLog } from '../diagnostics/log.ts';
import { jobLogger, logCrashes, loggedCalls, loggedTasks } from '../diagnostics/observe.ts';
import { createDesk, type Desk } from '../services/desk/createDesk.ts';
import type { DeskDependencies } from '../services/desk/deskDependencies.ts';
import { programVersion } from '../version.ts';
import type { Audience } from './audience.ts';

/** The desk of a shell, whose windows are an audience and whose doings are logged. @param name Of the shell, in the log */
export function createLoggedDesk(
  name: 'serve' | 'desktop',
  audience: Audience,
  dependencies: Omit<DeskDependencies, 'emit'>,
): Desk {
  const log = createLog({ folder: logFolder(dependencies.dataFolder), name });
  const unwatch = logCrashes(log);
  log.info('start', { version: programVersion(), node: process.versions.node });
  const logJob = jobLogger(log);
  const desk = createDesk({
    ...dependencies,
    runTask: loggedTasks(log, dependencies.runTask),
    emit: (event) => {
      if (event.kind === 'job') logJob(event);
      audience.tell(event);
    },
  });
  return {
    ...loggedCalls(log, desk),
    dispose: async () => {
      await desk.dispose();
      log.info('end');
      unwatch();
    },
  };
}
