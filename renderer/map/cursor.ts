import type OpenLayersMap from 'ol/Map.js';
import { transform } from 'ol/proj.js';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import { cursorStore } from '../state/view.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { indexValue } from './indexValue.ts';
import { isPixels, sceneProjection } from './projections.ts';

const quietMs = 40;

/** The scene whose values the cursor reads: that of the selected layer. */
export function selectedScene({ store }: Workspace): SceneInfo | undefined {
  const { document, selectedLayer, scenes } = store.get();
  const row = selectedLayer === undefined ? undefined : document.layers.get(selectedLayer);
  const entry = scenes.get(row?.uri ?? '');
  return entry?.state === 'open' ? entry.info : undefined;
}

/** What the selected layer shows there, where it shows band arithmetic. */
function indexAt(
  { store }: Workspace,
  info: SceneInfo,
  values: readonly (number | null)[],
): number | null | undefined {
  const { document, selectedLayer = '' } = store.get();
  const style = document.layers.get(selectedLayer)?.style;
  if (style?.mode !== 'index') return undefined;
  try {
    return indexValue(style.expression, info, values);
  } catch {
    // Not of this scene's bands: its layer says so.
    return undefined;
  }
}

/** Keeps `cursorStore` as the pointer moves: position at once, values when it rests for a moment. */
export function followCursor(map: OpenLayersMap, workspace: Workspace): () => void {
  let timer: number | undefined;
  let asked = new AbortController();

  const readValues = async (position: readonly [number, number]): Promise<void> => {
    const info = selectedScene(workspace);
    if (info === undefined) return;
    asked = new AbortController();
    const view = map.getView().getProjection();
    const there = transform([...position], view, sceneProjection(info));
    const { values } = await workspace.host.call(
      'scene.values',
      { scene: info.scene, positions: [[there[0]!, there[1]!]] },
      asked.signal,
    );
    const found = values[0];
    if (found === null || found === undefined)
      return cursorStore.set({
        values: undefined,
        pixel: undefined,
        className: undefined,
        index: undefined,
      });
    const name = info.classes?.find(({ value }) => value === found.values[0])?.name;
    cursorStore.set({
      values: found.values,
      pixel: [found.column, found.row],
      className: name,
      index: indexAt(workspace, info, found.values),
      scene: info.scene,
    });
  };
  const moved = (position: readonly [number, number]): void => {
    const projection = map.getView().getProjection();
    const place = isPixels(projection)
      ? undefined
      : (transform([...position], projection, 'EPSG:4326') as [number, number]);
    cursorStore.set({ position, geographic: place });
    window.clearTimeout(timer);
    asked.abort();
    timer = window.setTimeout(() => void readValues(position).catch(workspace.report), quietMs);
  };
  map.on('pointermove', ({ coordinate, dragging }) => {
    if (!dragging) moved([coordinate[0]!, coordinate[1]!]);
  });
  return () => {
    window.clearTimeout(timer);
    asked.abort();
  };
}
