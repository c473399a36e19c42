import { type UtilityProcess, utilityProcess } from 'electron';
import { computeEntry, computeFlags, type StartTaskProcess } from '../../workers/host.ts';
import {
  limitMemory,
  type StartSceneProcess,
  sceneEntry,
  sceneFlags,
} from '../../workers/sceneHost.ts';

/** A compute process of Electron: the same program as the child of the command line (its fuses forbid Electron to be Node). */
export const startComputeUtility: StartTaskProcess = (environment) => {
  const child = utilityProcess.fork(computeEntry, [], {
    serviceName: 'Prismap compute',
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
    execArgv: [...computeFlags],
  });
  let kept = false;
  return {
    send: (message) => {
      if (message.kind === 'start') kept = message.keep === true;
      child.postMessage(message);
    },
    onMessage: (listener) =>
      void child.on('message', (message: unknown) => {
        listener(message);
        // It has said all; it does not end itself, for that could lose its last message.
        if (!kept && (message as { kind?: unknown } | null)?.kind !== 'event') endAtOnce(child);
      }),
    onErrorText: (listener) =>
      void child.stderr?.on('data', (data: Buffer) => listener(data.toString('utf8'))),
    onEnd: (listener) => void child.once('exit', (code) => listener({ code })),
    kill: () => endAtOnce(child),
  };
};

export const startSceneUtility: StartSceneProcess = () => {
  const child = utilityProcess.fork(sceneEntry, [], {
    serviceName: 'Prismap scenes',
    stdio: 'ignore',
    execArgv: [...sceneFlags],
  });
  child.once('spawn', () => limitMemory(child.pid));
  return {
    port: {
      send: (message) => child.postMessage(message),
      onMessage: (listener) => void child.on('message', listener),
      onClose: (listener) => void child.once('exit', listener),
    },
    kill: () => endAtOnce(child),
  };
};

function endAtOnce(child: UtilityProcess): void {
  // Electron's own kill asks; native code that is busy does not listen.
  if (child.pid === undefined) child.kill();
  else process.kill(child.pid, 'SIGKILL');
}
