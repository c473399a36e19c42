import Feature from 'ol/Feature.js';
import PointerInteraction from 'ol/interaction/Pointer.js';
import VectorLayer from 'ol/layer/Vector.js';
import { transform } from 'ol/proj.js';
import VectorSource from 'ol/source/Vector.js';
import { type Geometry, mapPositions } from '../../../app/vector/geometry.ts';
import { addRoi } from '../../edits/rois.ts';
import { viewStore } from '../../state/view.ts';
import { t } from '../../words/translate.ts';
import { selectedScene } from '../cursor.ts';
import { sceneProjection } from '../projections.ts';
import { toOpenLayers } from '../roiGeometry.ts';
import { activeColor, sketchStyle } from './sketchStyle.ts';
import type { Tool, ToolContext } from './tool.ts';

/** Region growing: the outline follows the pointer and the tolerance; a click takes it as an ROI. */
export function wandTool({ map, workspace }: ToolContext): Tool {
  const source = new VectorSource({ wrapX: false });
  const style = sketchStyle(activeColor(workspace));
  const layer = new VectorLayer({ source, zIndex: 1100, style });
  map.addLayer(layer);
  let asked = new AbortController();
  let busy = false;
  let waiting: number[] | undefined;
  let at: number[] | undefined;

  const grow = async (coordinate: number[]): Promise<Geometry | undefined> => {
    const info = selectedScene(workspace);
    if (info === undefined) return undefined;
    const { wandTolerance, wandMinPixels, wandMaxPixels } = viewStore.get();
    const [view, scene] = [map.getView().getProjection(), sceneProjection(info)];
    const there = transform(coordinate, view, scene);
    const { geometry } = await workspace.host.call(
      'scene.grow',
      {
        scene: info.scene,
        position: [there[0]!, there[1]!],
        tolerance: wandTolerance,
        minPixels: wandMinPixels,
        maxPixels: wandMaxPixels,
      },
      asked.signal,
    );
    if (geometry === undefined || view === scene) return geometry;
    return mapPositions(geometry, (x, y) => {
      const [east, north] = transform([x, y], scene, view);
      return [east!, north!];
    });
  };
  /** One question at a time; the last position that was asked for meanwhile comes next. */
  const preview = async (coordinate: number[]): Promise<void> => {
    at = coordinate;
    waiting = coordinate;
    if (busy) return;
    busy = true;
    try {
      while (waiting !== undefined) {
        const next: number[] = waiting;
        waiting = undefined;
        const geometry = await grow(next);
        source.clear();
        if (geometry !== undefined) source.addFeature(new Feature(toOpenLayers(geometry)));
      }
    } catch (error) {
      workspace.report(error);
    } finally {
      busy = false;
    }
  };
  const take = async (coordinate: number[]): Promise<void> => {
    const geometry = await grow(coordinate);
    source.clear();
    if (geometry === undefined)
      workspace.notify(
        t(
          'No region of that size grows from here. Raise the tolerance or lower the smallest size.',
        ),
      );
    else addRoi(workspace, geometry, t('Grow region'));
  };
  const interaction = new PointerInteraction({
    handleMoveEvent: ({ coordinate }) => void preview(coordinate),
    handleDownEvent: ({ originalEvent }) => (originalEvent as PointerEvent).button === 0,
    handleUpEvent: ({ coordinate }) => {
      take(coordinate).catch(workspace.report);
      return false;
    },
  });
  const tolerance = viewStore.subscribe(() => {
    if (at !== undefined && source.getFeatures().length > 0) void preview(at);
  });
  return {
    interactions: [interaction],
    act: () => {
      const center = map.getView().getCenter();
      if (center !== undefined) take(center).catch(workspace.report);
    },
    cancel: () => {
      asked.abort();
      asked = new AbortController();
      source.clear();
    },
    dispose: () => {
      tolerance();
      asked.abort();
      map.removeLayer(layer);
    },
    cursor: 'cell',
  };
}
