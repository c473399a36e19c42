import { click, shiftKeyOnly } from 'ol/events/condition.js';
import DragBox from 'ol/interaction/DragBox.js';
import Modify from 'ol/interaction/Modify.js';
import PointerInteraction from 'ol/interaction/Pointer.js';
import Snap from 'ol/interaction/Snap.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorSource from 'ol/source/Vector.js';
import type { RoiRow } from '../../../app/project/rows.ts';
import type { Geometry } from '../../../app/vector/geometry.ts';
import { boundsMeet } from '../../edits/apart.ts';
import { changed, put } from '../../edits/changes.ts';
import { newId } from '../../edits/newId.ts';
import { splitBy, without } from '../../edits/polygons.ts';
import { reshape } from '../../edits/rois.ts';
import { roisInUse } from '../../state/roisInUse.ts';
import { viewStore } from '../../state/view.ts';
import { t } from '../../words/translate.ts';
import { roiAt } from '../places.ts';
import { fromOpenLayers } from '../roiGeometry.ts';
import { drawTool } from './drawTool.ts';
import { nearbyRois, type RoiFeature, snapPixels } from './nearbyRois.ts';
import { activeColor, sketchStyle } from './sketchStyle.ts';
import type { Tool, ToolContext } from './tool.ts';

/** Click selects, Shift+click adds or takes away, Shift+drag selects what a box touches. */
export function selectTool(context: ToolContext): Tool {
  const { map, rois, workspace } = context;
  const choose = (id: string | undefined, add: boolean): void => {
    const selected = new Set(add ? workspace.store.get().selectedRois : []);
    if (id !== undefined && selected.has(id)) selected.delete(id);
    else if (id !== undefined) selected.add(id);
    workspace.store.set({ selectedRois: selected });
  };
  const pointer = new PointerInteraction({
    handleEvent: (event) => {
      if (click(event))
        choose(roiAt(map, rois, event.coordinate), (event.originalEvent as PointerEvent).shiftKey);
      return true;
    },
  });
  const box = new DragBox({ condition: shiftKeyOnly });
  box.on('boxend', () => {
    const found = rois.within(box.getGeometry().getExtent());
    const chosen = new Set(workspace.store.get().selectedRois);
    for (const { id } of found) chosen.add(id);
    workspace.store.set({ selectedRois: chosen });
  });
  return {
    interactions: [pointer, box],
    act: () => choose(roiAt(map, rois, map.getView().getCenter()!), true),
    cancel: () => workspace.store.set({ selectedRois: new Set() }),
    cursor: 'pointer',
  };
}

/** Vertices of ROIs are dragged, added on an edge, and removed with Alt+click. */
export function vertexTool({ map, rois, workspace }: ToolContext): Tool {
  const near = nearbyRois(rois);
  const grasped = nearbyRois(rois, { whileDragging: false });
  const modify = new Modify({ features: grasped.features, pixelTolerance: 10 });
  // What is being changed is drawn over the picture of the ROIs, which shows it as it was.
  const changing = new VectorSource<RoiFeature>({ wrapX: false });
  const layer = new VectorLayer({
    source: changing,
    zIndex: 1100,
    style: sketchStyle(activeColor(workspace)),
  });
  map.addLayer(layer);
  modify.on('modifystart', ({ features }) =>
    changing.addFeatures(features.getArray() as RoiFeature[]),
  );
  modify.on('modifyend', ({ features }) => {
    changing.clear();
    grasped.forget(features.getArray() as RoiFeature[]);
    near.forget(features.getArray() as RoiFeature[]);
    const { document } = workspace.store.get();
    const shapes = new Map<string, Geometry>();
    for (const feature of features.getArray() as RoiFeature[]) {
      const id = String(feature.getId());
      const geometry = fromOpenLayers(feature.getGeometry()!);
      if (JSON.stringify(document.rois.get(id)?.geometry) !== JSON.stringify(geometry))
        shapes.set(id, geometry);
    }
    reshape(workspace, t('Move vertex'), shapes);
  });
  const snap = new Snap({ features: near.features, pixelTolerance: snapPixels });
  const follow = (): void => snap.setActive(viewStore.get().snapping);
  follow();
  const snapping = viewStore.subscribe(follow);
  return {
    interactions: [modify, snap, near.interaction, grasped.interaction],
    dispose: () => {
      snapping();
      map.removeLayer(layer);
    },
    cursor: 'default',
  };
}

/** Cuts the drawn polygon out of the selected ROIs, or of all under it where none is selected. */
export function holeTool(context: ToolContext): Tool {
  const { workspace } = context;
  return drawTool(context, 'polygon', (hole) => {
    const shapes = new Map<string, Geometry | undefined>();
    for (const row of targets(context, hole)) {
      const rest = without(row.geometry, [hole]);
      if (rest !== row.geometry) shapes.set(row.id, rest);
    }
    if (shapes.size === 0) workspace.notify(t('No ROI lies under the hole. Draw it over an ROI.'));
    else reshape(workspace, t('Cut hole'), shapes);
  });
}

/** Divides the selected ROIs, or all that it crosses, along a drawn line. */
export function splitTool(context: ToolContext): Tool {
  const { workspace } = context;
  return drawTool(context, 'line', (line) => {
    if (line.kind !== 'points') return;
    const changes = targets(context, line).flatMap((row) => {
      const parts = splitBy(row.geometry, line.points);
      if (parts === undefined) return [];
      const [first, second] = parts as [RoiRow['geometry'], RoiRow['geometry']];
      return [
        changed('rois', row, { ...row, geometry: first }),
        put('rois', { ...row, id: newId(), geometry: second }),
      ];
    });
    if (changes.length === 0)
      workspace.notify(t('The line divides no ROI. Draw it right across one.'));
    else workspace.edit(t('Split ROI'), changes);
  });
}

/** The ROIs that a shape meets: of the selected ones, or of all where it meets none of those. */
function targets({ workspace }: ToolContext, shape: Geometry): readonly RoiRow[] {
  const { selectedRois } = workspace.store.get();
  const met = [...roisInUse(workspace).values()].filter(
    ({ geometry }) => geometry.kind === 'polygons' && boundsMeet(geometry, shape),
  );
  const selected = met.filter(({ id }) => selectedRois.has(id));
  return selected.length === 0 ? met : selected;
}
