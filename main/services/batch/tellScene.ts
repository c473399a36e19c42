import type { QueuedScene } from '../../store/batchQueue.ts';
import type { CallContext } from '../callContext.ts';
import { summaryOf } from './batchSummary.ts';
import { asBatchScene } from './sceneRecord.ts';

/** Says what state a scene has now, to who follows the batch scene by scene. */
export function tellScene(row: QueuedScene, { onEvent }: Pick<CallContext, 'onEvent'>): void {
  const scene = summaryOf(asBatchScene(row));
  onEvent?.({
    kind: 'scene',
    scene: row.state === 'running' ? { ...scene, state: 'running' } : scene,
  });
}
