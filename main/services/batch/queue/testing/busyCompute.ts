// A compute process for tests: it is deaf for three seconds before it maps a scene that is named "deaf".
import type { BatchMapInput } from '../../../../workers/batchInput.ts';
import { serveTasks } from '../../../../workers/serveTasks.ts';

serveTasks({
  'batch map': async () => {
    const { batchMap } = await import('../../../../workers/batchMap.ts');
    return (input: BatchMapInput, context) => {
      const until = performance.now() + (input.scene.includes('deaf') ? 3000 : 0);
      while (performance.now() < until);
      return batchMap(input, context);
    };
  },
});
