import { primaryAction } from 'ol/events/condition.js';
import type LineString from 'ol/geom/LineString.js';
import type Polygon from 'ol/geom/Polygon.js';
import Draw, { createBox, createRegularPolygon } from 'ol/interaction/Draw.js';
import Snap from 'ol/interaction/Snap.js';
import type { Geometry, Position } from '../../../app/vector/geometry.ts';
import { viewStore } from '../../state/view.ts';
import { t } from '../../words/translate.ts';
import { nearbyRois, snapPixels } from './nearbyRois.ts';
import { activeColor, sketchStyle } from './sketchStyle.ts';
import type { Tool, ToolContext } from './tool.ts';

export type DrawShape = 'polygon' | 'rectangle' | 'circle' | 'freehand' | 'line';

function createDraw(shape: DrawShape, context: ToolContext): Draw {
  const style = sketchStyle(activeColor(context.workspace));
  const shared = { style, condition: primaryAction, stopClick: true };
  if (shape === 'rectangle')
    return new Draw({ ...shared, type: 'Circle', geometryFunction: createBox() });
  if (shape === 'circle')
    return new Draw({ ...shared, type: 'Circle', geometryFunction: createRegularPolygon(64) });
  if (shape === 'line') return new Draw({ ...shared, type: 'LineString', minPoints: 2 });
  return new Draw({
    ...shared,
    type: 'Polygon',
    minPoints: 3,
    // Dragging draws by hand in either tool; a click sets a vertex.
    freehand: shape === 'freehand',
  });
}

/** Vertices that are set already, without the one that follows the pointer; the ring of a polygon is closed after it. */
function verticesOf(geometry: Polygon | LineString, shape: DrawShape): Position[] {
  const coordinates = geometry.getCoordinates();
  const ring = (shape === 'line' ? coordinates : coordinates[0]) as number[][] | undefined;
  return (ring ?? []).slice(0, shape === 'line' ? -1 : -2).map(([x, y]) => [x!, y!] as const);
}

/** Draws a shape and hands over its vertices; every vertex is journalled on the way. */
export function drawTool(
  context: ToolContext,
  shape: DrawShape,
  finished: (geometry: Geometry) => void,
): Tool {
  const { map, rois, workspace } = context;
  const draw = createDraw(shape, context);
  const near = nearbyRois(rois);
  const snap = new Snap({ features: near.features, pixelTolerance: snapPixels });
  let current: Polygon | LineString | undefined;
  let journalled = 0;

  const journal = (vertices: readonly Position[]): void => {
    if (vertices.length === journalled) return;
    journalled = vertices.length;
    const classId = workspace.store.get().selectedClass;
    const sketch = {
      tool: shape,
      vertices: vertices.map(([x, y]) => [x, y] as [number, number]),
      ...(classId === undefined ? {} : { classId }),
    };
    const saved = vertices.length === 0 ? {} : { sketch };
    workspace.host.call('project.sketch', saved).catch(workspace.report);
  };
  draw.on('drawstart', ({ feature }) => {
    current = feature.getGeometry() as Polygon | LineString;
    current.on('change', () => {
      if (current !== undefined && (shape === 'polygon' || shape === 'freehand'))
        journal(verticesOf(current, shape));
    });
  });
  draw.on('drawend', ({ feature }) => {
    const geometry = feature.getGeometry() as Polygon | LineString;
    current = undefined;
    const coordinates = geometry.getCoordinates();
    const ring = (shape === 'line' ? coordinates : coordinates[0]) as number[][];
    const positions = ring.map(([x, y]) => [x!, y!] as Position);
    journal([]);
    if (shape === 'line') finished({ kind: 'points', points: positions });
    else if (positions.length > 3)
      finished({ kind: 'polygons', polygons: [{ outer: positions.slice(0, -1), holes: [] }] });
  });
  draw.on('drawabort', ({ feature }) => {
    const vertices = verticesOf(feature.getGeometry() as Polygon | LineString, shape);
    current = undefined;
    journal([]);
    if (vertices.length >= 3 && shape === 'polygon')
      workspace.notify(t('The sketch was put aside.'), {
        label: t('Draw on'),
        run: () => draw.appendCoordinates(vertices.map(([x, y]) => [x, y])),
      });
  });
  const atCrosshair = (): void => {
    const center = map.getView().getCenter();
    if (center === undefined) return;
    if (shape === 'polygon' || shape === 'freehand' || shape === 'line')
      return draw.appendCoordinates([center]);
    const half = 20 * (map.getView().getResolution() ?? 1);
    const [x, y] = [center[0]!, center[1]!];
    const outer: Position[] = [
      [x - half, y - half],
      [x + half, y - half],
      [x + half, y + half],
      [x - half, y + half],
    ];
    finished({ kind: 'polygons', polygons: [{ outer, holes: [] }] });
  };
  const snapping = viewStore.subscribe(() => snap.setActive(viewStore.get().snapping));
  snap.setActive(viewStore.get().snapping);
  return {
    // Snapping has to come after drawing, so that it sees the pointer first; and before it, what it snaps to.
    interactions: [draw, snap, near.interaction],
    act: atCrosshair,
    complete: () => {
      if (current === undefined) return false;
      draw.finishDrawing();
      return true;
    },
    takeBack: () => {
      if (current === undefined) return false;
      draw.removeLastPoint();
      return true;
    },
    cancel: () => draw.abortDrawing(),
    continueWith: (vertices) => draw.appendCoordinates(vertices.map(([x, y]) => [x, y])),
    dispose: snapping,
    cursor: 'crosshair',
  };
}
