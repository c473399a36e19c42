import ImageLayer from 'ol/layer/Image.js';
import type OpenLayersMap from 'ol/Map.js';
import { transformExtent } from 'ol/proj.js';
import ImageStatic from 'ol/source/ImageStatic.js';
import { AppError } from '../../app/error.ts';
import { roisInUse } from '../state/roisInUse.ts';
import { sceneToMap } from '../state/sceneToMap.ts';
import { watch } from '../state/store.ts';
import { viewStore } from '../state/view.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { bytesOfBase64, classPicture } from './liveMap.ts';
import { sceneProjection } from './projections.ts';

const settleMs = 250;
const longest = 1024;
const staleOpacity = 0.45;
const freshOpacity = 0.75;

/**
 * The quick map of what is in view while ROIs are drawn: a random forest trained on the spot. When ROIs or view change, what is there
 * stays visible, paler, until the next one has come.
 */
export function livePreview(map: OpenLayersMap, workspace: Workspace): () => void {
  const { store, host } = workspace;
  const layer = new ImageLayer<ImageStatic>({ zIndex: 890, visible: false });
  map.addLayer(layer);
  let timer: number | undefined;
  let asked = new AbortController();

  const show = async (): Promise<void> => {
    const entry = store.get().scenes.get(sceneToMap({ workspace }) ?? '');
    const info = entry?.state === 'open' ? entry.info : undefined;
    const { extent, size } = viewStore.get();
    const classes = classesWithAreas(workspace);
    if (info === undefined || extent === undefined) return;
    if (classes.length < 2) return viewStore.set({ previewState: 'none' });
    viewStore.set({ previewState: 'working' });
    asked = new AbortController();
    const projection = sceneProjection(info);
    const view = map.getView().getProjection();
    const bounds = transformExtent([...extent], view, projection) as [
      number,
      number,
      number,
      number,
    ];
    const scale = Math.min(1, longest / Math.max(...size));
    const answer = await host.call(
      'preview.map',
      {
        scene: info.scene,
        bounds,
        width: Math.max(1, Math.round(size[0] * scale)),
        height: Math.max(1, Math.round(size[1] * scale)),
        classes,
      },
      asked.signal,
    );
    const colors = new Map(
      [...store.get().document.classes.values()].map(({ value, color }) => [value, color]),
    );
    const picture = classPicture(
      bytesOfBase64(answer.classes),
      answer.width,
      answer.height,
      (value) => colors.get(value),
    );
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [answer.width, answer.height];
    canvas.getContext('2d')!.putImageData(picture, 0, 0);
    const url = canvas.toDataURL('image/png');
    layer.setSource(
      new ImageStatic({ url, imageExtent: [...answer.bounds], projection, interpolate: false }),
    );
    layer.setOpacity(freshOpacity);
    viewStore.set({ previewState: 'fresh' });
  };
  const again = (): void => {
    const { preview } = viewStore.get();
    layer.setVisible(preview !== 'off' && !viewStore.get().bare);
    if (preview === 'off') return asked.abort();
    if (viewStore.get().previewState === 'fresh') {
      layer.setOpacity(staleOpacity);
      viewStore.set({ previewState: 'stale' });
    }
    if (preview === 'once' && layer.getSource() !== null) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      asked.abort();
      show().catch((error: unknown) => {
        if (!(error instanceof AppError && error.code === 'cancelled')) workspace.report(error);
      });
    }, settleMs);
  };
  const unwatch = [
    watch(
      viewStore,
      (state) => state.preview,
      (preview) => {
        if (preview !== 'live') layer.setSource(null);
        again();
      },
    ),
    watch(viewStore, (state) => state.extent, again),
    watch(
      viewStore,
      (state) => state.bare,
      (bare) => layer.setVisible(!bare && viewStore.get().preview !== 'off'),
    ),
    watch(store, ({ document }) => document.rois, again),
    watch(store, ({ document }) => document.classes, again),
    watch(store, (state) => state.selectedLayer, again),
  ];
  return () => {
    for (const end of unwatch) end();
    window.clearTimeout(timer);
    asked.abort();
    map.removeLayer(layer);
  };
}

/** The classes that have ROIs, as the host trains on them. */
function classesWithAreas(workspace: Workspace) {
  const { classes } = workspace.store.get().document;
  const rois = roisInUse(workspace);
  return [...classes.values()]
    .map(({ id, value }) => ({
      value,
      areas: [...rois.values()]
        .filter(({ classId }) => classId === id)
        .map(({ geometry }) => geometry),
    }))
    .filter(({ areas }) => areas.length > 0);
}
