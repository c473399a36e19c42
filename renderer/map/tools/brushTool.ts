import Feature from 'ol/Feature.js';
import PointerInteraction from 'ol/interaction/Pointer.js';
import VectorLayer from 'ol/layer/Vector.js';
import type MapBrowserEvent from 'ol/MapBrowserEvent.js';
import VectorSource from 'ol/source/Vector.js';
import { areaOf, type Geometry, type Position } from '../../../app/vector/geometry.ts';
import { boundsMeet } from '../../edits/apart.ts';
import { brushStroke, unionOf, without } from '../../edits/polygons.ts';
import { addRoi, reshape } from '../../edits/rois.ts';
import { roisInUse } from '../../state/roisInUse.ts';
import { viewStore } from '../../state/view.ts';
import { t } from '../../words/translate.ts';
import { toOpenLayers } from '../roiGeometry.ts';
import { activeColor, sketchStyle } from './sketchStyle.ts';
import type { Tool, ToolContext } from './tool.ts';

/** Paints with a round brush. The brush adds to an ROI of the class in use that it touches, the selected one first, else begins a new one; the eraser takes from all. */
export function brushTool(context: ToolContext, erase: boolean): Tool {
  const { map, workspace } = context;
  const source = new VectorSource({ wrapX: false });
  const layer = new VectorLayer({
    source,
    zIndex: 1100,
    style: sketchStyle(erase ? [255, 255, 255] : activeColor(workspace)),
  });
  map.addLayer(layer);
  let strokes: Geometry[] = [];
  let last: Position | undefined;

  const radius = (): number =>
    (viewStore.get().brushSize / 2) * (map.getView().getResolution() ?? 1);
  const paint = ({ coordinate }: { coordinate: number[] }): void => {
    const here: Position = [coordinate[0]!, coordinate[1]!];
    const size = radius();
    if (last !== undefined && Math.hypot(here[0] - last[0], here[1] - last[1]) < size / 6) return;
    const stroke = brushStroke(
      last ?? here,
      last === undefined ? [here[0] + size / 50, here[1]] : here,
      size,
    );
    strokes.push(stroke);
    source.addFeature(new Feature(toOpenLayers(stroke)));
    last = here;
  };
  const finish = (): void => {
    const painted = unionOf(strokes);
    strokes = [];
    last = undefined;
    source.clear();
    if (painted === undefined) return;
    if (erase) eraseFrom(context, painted);
    else paintInto(context, painted);
  };
  const interaction = new PointerInteraction({
    handleDownEvent: (event: MapBrowserEvent) => {
      const { button } = event.originalEvent as PointerEvent;
      if (button !== 0 || viewStore.get().bare) return false;
      paint(event);
      return true;
    },
    handleDragEvent: paint,
    handleUpEvent: () => {
      finish();
      return false;
    },
  });
  return {
    interactions: [interaction],
    act: () => {
      const center = map.getView().getCenter();
      if (center === undefined) return;
      paint({ coordinate: center });
      finish();
    },
    cancel: () => {
      strokes = [];
      last = undefined;
      source.clear();
    },
    dispose: () => map.removeLayer(layer),
    cursor: 'brush',
  };
}

function paintInto({ workspace }: ToolContext, painted: Geometry): void {
  const { selectedRois, selectedClass } = workspace.store.get();
  const rois = roisInUse(workspace);
  const row = [...rois.values()]
    .filter(({ classId, geometry }) => classId === selectedClass && touches(geometry, painted))
    .sort((a, b) => Number(selectedRois.has(b.id)) - Number(selectedRois.has(a.id)))[0];
  if (row === undefined) {
    addRoi(workspace, painted, t('Paint ROI'));
    return;
  }
  const rest = [...rois.values()].filter((roi) => roi.id !== row.id);
  const free = viewStore.get().avoidOverlap
    ? without(
        painted,
        rest.map((roi) => roi.geometry),
      )
    : painted;
  if (free !== undefined)
    reshape(workspace, t('Paint ROI'), new Map([[row.id, unionOf([row.geometry, free])]]));
}

/** Whether two areas have something in common. */
function touches(a: Geometry, b: Geometry): boolean {
  if (a.kind === 'points' || !boundsMeet(a, b)) return false;
  const rest = without(a, [b]);
  return rest === undefined || areaOf(rest) < areaOf(a);
}

function eraseFrom({ workspace }: ToolContext, painted: Geometry): void {
  const shapes = new Map<string, Geometry | undefined>();
  for (const row of roisInUse(workspace).values()) {
    if (row.geometry.kind === 'points') continue;
    const rest = without(row.geometry, [painted]);
    if (rest !== row.geometry) shapes.set(row.id, rest);
  }
  reshape(workspace, t('Erase'), shapes);
}
