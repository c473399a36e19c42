import 'ol/ol.css';
import './desk.css';
import './panels/panels.css';
import { boundingExtent, createEmpty, extend, isEmpty } from 'ol/extent.js';
import { I18nProvider } from 'react-aria-components';
import { createRoot } from 'react-dom/client';
import { boundsOf } from '../app/vector/geometry.ts';
import type { CommandContext } from './actions/command.ts';
import { followShell } from './actions/followShell.ts';
import { handleKey } from './actions/table.ts';
import { createDeskMap, type DeskMap } from './map/deskMap.ts';
import { jobsOnMap } from './map/jobsOnMap.ts';
import { createLinkedView } from './map/linkedView.ts';
import { livePreview } from './map/livePreview.ts';
import { createToolbox, type Toolbox } from './map/tools/toolbox.ts';
import { DeskContext } from './panels/context.ts';
import { Desk } from './panels/Desk.tsx';
import { connectToHost } from './rpc/connectToHost.ts';
import type { MapControls } from './state/mapControls.ts';
import { applyTheme } from './state/theme.ts';
import { viewStore } from './state/view.ts';
import { createWorkspace } from './state/workspace.ts';
import { currentLanguage, loadWords } from './words/translate.ts';

const host = connectToHost();
const workspace = createWorkspace(host);
let deskMap: DeskMap | undefined;
let toolbox: Toolbox | undefined;

/** The map comes and goes with its panel; what is asked while there is none is dropped. */
const map: MapControls = {
  zoomToScene: (info) => deskMap?.zoomTo(info.bounds, info),
  zoomToNative: (info) => deskMap?.zoomToNative(info),
  zoomToRois: (ids) => {
    const extent = createEmpty();
    for (const id of ids) {
      const row = workspace.store.get().document.rois.get(id);
      if (row === undefined) continue;
      const { minX, minY, maxX, maxY } = boundsOf(row.geometry);
      extend(extent, [minX, minY, maxX, maxY]);
    }
    if (!isEmpty(extent)) deskMap?.zoomTo(extent);
  },
  zoomToPosition: (position, steps = 0) => {
    const view = deskMap?.map.getView();
    const resolution = (view?.getResolution() ?? 1) / 2 ** steps;
    view?.animate({ center: [...position], resolution, duration: 200 });
  },
  canReach: (info) => deskMap?.canReach(info) ?? false,
  transformFrom: (crs) => deskMap?.transformFrom(crs),
  toScene: (position, info) => deskMap?.toScene(position, info) ?? [...position],
  showPoint: (point) => deskMap?.showPoint(point),
  placeAt: (pixel) => deskMap?.placeAt(pixel),
  viewInDegrees: () => deskMap?.viewInDegrees(),
  zoomBy: (steps) => deskMap?.map.getView().adjustZoom(steps),
  act: () => toolbox?.tool().act?.(),
  complete: () => void toolbox?.tool().complete?.(),
  takeBack: () => toolbox?.tool().takeBack?.() ?? false,
  cancelSketch: () => toolbox?.tool().cancel?.(),
  continueSketch: (vertices) => {
    deskMap?.zoomTo(boundingExtent(vertices.map(([x, y]) => [x, y])));
    workspace.store.set({ tool: 'polygon' });
    toolbox?.tool().continueWith?.(vertices);
  },
  focus: () => deskMap?.map.getTargetElement()?.focus(),
};
const desk: CommandContext = { workspace, map };

function attachMap(target: HTMLElement): () => void {
  const made = createDeskMap(target, workspace);
  const box = createToolbox({ map: made.map, rois: made.rois, workspace });
  [deskMap, toolbox] = [made, box];
  const endJobs = jobsOnMap(made.map, workspace);
  const endPreview = livePreview(made.map, workspace);
  return () => {
    endJobs();
    endPreview();
    box.dispose();
    made.dispose();
  };
}

/** The second map exists only while the first one does. */
function attachLinked(target: HTMLElement): () => void {
  return deskMap === undefined ? () => undefined : createLinkedView(target, workspace, deskMap.map);
}

window.addEventListener('keydown', (event) => {
  const typing = (event.target as Element).closest('input, textarea, select, button, [role="row"]');
  if (event.key === ' ' && typing === null) {
    event.preventDefault();
    viewStore.set({ bare: true });
  } else {
    handleKey(event, desk);
  }
});
window.addEventListener('keyup', (event) => {
  if (event.key === ' ') viewStore.set({ bare: false });
});
window.addEventListener('blur', () => viewStore.set({ bare: false }));

host.onState((state) =>
  workspace.store.set({ connection: state === 'connected' ? 'ready' : state }),
);
const loaded = host.call('project.state', {}).then((project) => {
  workspace.load(project);
  workspace.store.set({ connection: 'ready' });
}, workspace.report);
followShell(desk, loaded);
applyTheme();
await loadWords();
createRoot(document.querySelector('#root')!).render(
  <I18nProvider locale={currentLanguage()}>
    <DeskContext value={desk}>
      <Desk attach={attachMap} attachLinked={attachLinked} />
    </DeskContext>
  </I18nProvider>,
);
