import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import { useStore } from '../../state/store.ts';
import { cursorStore } from '../../state/view.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { useAnswer } from './useAnswer.ts';

type CursorSpectrum = {
  readonly pixel: readonly [column: number, row: number];
  readonly values: readonly (number | null)[];
};

const quietMs = 60;

/**
 * The values of a scene under the pointer. The cursor reads the selected layer; where that is another one, as the map that was just
 * made, the scene is asked itself, if it lies in the CRS of the map.
 */
export function useCursorSpectrum(info: SceneInfo): CursorSpectrum | undefined {
  const { workspace } = useDesk();
  const cursor = useStore(cursorStore, (state) => state);
  const crs = useWorkspace((state) => state.document.settings.get('crs'));
  const own = cursor.scene === info.scene;
  const { position } = cursor;
  const asked = own || position === undefined || crs !== info.crs ? undefined : position;
  const { value } = useAnswer(
    asked === undefined ? undefined : `${info.scene} ${info.stamp} ${asked.join(' ')}`,
    (signal) => {
      const input = { scene: info.scene, positions: [[...asked!] as [number, number]] };
      return workspace.host.call('scene.values', input, signal);
    },
    quietMs,
  );
  if (own) {
    const { values, pixel } = cursor;
    return values === undefined || pixel === undefined ? undefined : { values, pixel };
  }
  const found = value?.values[0];
  if (found === undefined || found === null) return undefined;
  return { values: found.values, pixel: [found.column, found.row] };
}
