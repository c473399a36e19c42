// A compute process for tests: scenes named "poison" kill it when they are mapped, "silent" ones keep it busy for ever, and
// "flaky" ones kill it the first time only.
import { existsSync, writeFileSync } from 'node:fs';
import type { BatchMapInput } from '../../../workers/batchInput.ts';
import { serveTasks } from '../../../workers/serveTasks.ts';

serveTasks({
  'batch check': async () => (await import('../../../workers/batchCheck.ts')).batchCheck,
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
