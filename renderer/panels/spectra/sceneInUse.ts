import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import type { ErrorRecord } from '../../../app/error.ts';
import { sceneToMap } from '../../state/sceneToMap.ts';
import { useDesk, useWorkspace } from '../context.ts';

/** The open image that signatures, training and mapping are about; undefined where none is open. */
export function useSceneInUse(): SceneInfo | undefined {
  const desk = useDesk();
  const uri = useWorkspace(() => sceneToMap(desk));
  const entry = useWorkspace((state) => state.scenes.get(uri ?? ''));
  return entry?.state === 'open' ? entry.info : undefined;
}

/** Why that image is not open, where there is one; undefined while it is open or being opened. */
export function useSceneProblem(): ErrorRecord | undefined {
  const desk = useDesk();
  const uri = useWorkspace(() => sceneToMap(desk));
  const entry = useWorkspace((state) => state.scenes.get(uri ?? ''));
  return entry?.state === 'failed' ? entry.error : undefined;
}
