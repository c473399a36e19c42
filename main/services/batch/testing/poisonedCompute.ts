// A compute process for tests: scenes named "poison" kill it when they are mapped, "silent" ones keep it busy for ever, and
// "flaky" ones kill it the first time only; "startling" ones do when they are first looked at.
import { existsSync, writeFileSync } from 'node:fs';
import type { BatchMapInput } from '../../../workers/batchInput.ts';
import { serveTasks } from '../../../workers/serveTasks.ts';

serveTasks({
  'batch check': async () => {
    const { batchCheck } = await import('../../../workers/batchCheck.ts');
    return (input: Parameters<typeof batchCheck>[0], context) => {
      const once = `${input.scene}.looked`;
      if (input.scene.includes('startling') && !existsSync(once)) {
        writeFileSync(once, '');
        process.kill(process.pid, 'SIGKILL');
      }
      return batchCheck(input, context);
    };
  },
  'batch map': async () => {
    const { batchMap } = await import('../../../workers/batchMap.ts');
    return (input: BatchMapInput, context) => {
      const once = `${input.outputs.map}.tried`;
      if (input.scene.includes('silent'))
        return new Promise(() => setInterval(() => undefined, 1000));
      if (input.scene.includes('poison') || (input.scene.includes('flaky') && !existsSync(once))) {
        writeFileSync(once, '');
        process.kill(process.pid, 'SIGKILL');
      }
      return batchMap(input, context);
    };
  },
});
