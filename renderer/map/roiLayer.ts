import { buffer, containsExtent, type Extent, getArea } from 'ol/extent.js';
import ImageLayer from 'ol/layer/Image.js';
import type ImageCanvas from 'ol/source/ImageCanvas.js';
import RBush from 'ol/structs/RBush.js';
import type { ClassRow, RoiRow } from '../../app/project/rows.ts';
import { boundsOf } from '../../app/vector/geometry.ts';
import { watch } from '../state/store.ts';
import type { Workspace, WorkspaceState } from '../state/workspaceState.ts';
import type { RoiLook } from './paintRoi.ts';
import { toOpenLayers } from './roiGeometry.ts';
import { createRoiPicture } from './roiPicture.ts';

const unknownColor = [128, 128, 128] as const;
/** From so many changed rows on, the index is made anew rather than corrected row by row. */
const rebuildFrom = 1000;

/** The ROIs of the project on the map: found by place, and painted into one picture. */
export type RoiLayer = {
  readonly layer: ImageLayer<ImageCanvas>;
  /** Draws them or does not. */
  readonly show: (visible: boolean) => void;
  /** Those drawn now whose bounds meet an extent, the lowest first. */
  readonly near: (extent: Extent) => readonly RoiRow[];
  /** Those drawn now that touch an extent. */
  readonly within: (extent: Extent) => readonly RoiRow[];
  /** The one at a place: the smallest of those that hold it, else the nearest within `reach` map units. */
  readonly at: (place: readonly number[], reach: number) => RoiRow | undefined;
  readonly dispose: () => void;
};

/** An ROI as it is drawn; of two that overlap, that of the greater `order` lies above. */
type Shown = { readonly row: RoiRow; readonly extent: Extent; readonly order: number };

/** @param roisOf those to be drawn */
export function createRoiLayer(
  { store }: Workspace,
  roisOf: (state: WorkspaceState) => ReadonlyMap<string, RoiRow>,
): RoiLayer {
  const index = new RBush<Shown>();
  const shown = new Map<string, Shown>();
  let added = 0;

  const lookOf = ({ row }: Shown): RoiLook | undefined => {
    const { document, selectedRois } = store.get();
    const landClass = document.classes.get(row.classId);
    if (landClass?.visible === false) return undefined;
    return { color: landClass?.color ?? unknownColor, selected: selectedRois.has(row.id) };
  };
  const inOrder = (extent: Extent): Shown[] =>
    index.getInExtent(extent).sort((a, b) => a.order - b.order);
  const picture = createRoiPicture((extent) =>
    inOrder(extent).map((one) => ({
      geometry: one.row.geometry,
      extent: one.extent,
      look: lookOf(one),
    })),
  );
  const layer = new ImageLayer({ source: picture.source, zIndex: 1000 });
  layer.set('prismap', 'rois');
  let wanted = true;
  /** An empty picture would lie over the map all the same, and cost as much as a full one in every frame. */
  const setVisible = (): void => layer.setVisible(wanted && shown.size > 0);

  const follow = (rois: ReadonlyMap<string, RoiRow>): void => {
    const before = [...shown.values()].filter(({ row }) => rois.get(row.id) !== row);
    const after = [...rois.values()]
      .filter((row) => shown.get(row.id)?.row !== row)
      .map((row) => ({ row, extent: extentOf(row), order: shown.get(row.id)?.order ?? added++ }));
    for (const { row } of before) shown.delete(row.id);
    for (const one of after) shown.set(one.row.id, one);
    if (before.length + after.length >= rebuildFrom) {
      index.clear();
      const all = [...shown.values()];
      index.load(
        all.map(({ extent }) => extent),
        all,
      );
    } else {
      for (const one of before) index.remove(one);
      for (const one of after) index.insert(one.extent, one);
    }
    picture.repaint([...before, ...after].map(({ extent }) => extent));
    setVisible();
  };
  const followSelection = (now: ReadonlySet<string>, before: ReadonlySet<string> = now): void => {
    const turned = [...now, ...before]
      .filter((id) => now.has(id) !== before.has(id))
      .map((id) => shown.get(id)?.extent);
    picture.repaint(turned.filter((extent) => extent !== undefined));
  };
  const unwatch = [
    watch(store, roisOf, follow),
    watch(
      store,
      ({ document }) => classLooks(document.classes),
      () => picture.repaint(),
    ),
    watch(store, (state) => state.selectedRois, followSelection),
  ];
  const near = (extent: Extent): readonly RoiRow[] =>
    inOrder(extent)
      .filter((one) => lookOf(one) !== undefined)
      .map(({ row }) => row);
  const within = (extent: Extent): readonly RoiRow[] =>
    near(extent).filter(
      (row) =>
        containsExtent(extent, shown.get(row.id)!.extent) ||
        toOpenLayers(row.geometry).intersectsExtent(extent),
    );
  return {
    layer,
    show: (visible) => {
      wanted = visible;
      setVisible();
    },
    near,
    within,
    at: (place, reach) => {
      const [x, y] = [place[0]!, place[1]!];
      const found = within(buffer([x, y, x, y], reach)).map((row) => {
        const geometry = toOpenLayers(row.geometry);
        const [nearX, nearY] = geometry.getClosestPoint([x, y]);
        const holds = geometry.intersectsCoordinate([x, y]);
        return {
          row,
          distance: holds ? 0 : Math.hypot(nearX! - x, nearY! - y),
          size: holds ? getArea(geometry.getExtent()) : 0,
        };
      });
      return found.sort((a, b) => a.distance - b.distance || a.size - b.size)[0]?.row;
    },
    dispose: () => {
      for (const end of unwatch) end();
    },
  };
}

/** What of the classes is seen on the map, as a text that is the same while nothing of it changes. */
const classLooks = (classes: ReadonlyMap<string, ClassRow>): string =>
  [...classes.values()].map(({ id, color, visible }) => `${id} ${color} ${visible}`).join();

function extentOf({ geometry }: RoiRow): Extent {
  const { minX, minY, maxX, maxY } = boundsOf(geometry);
  return [minX, minY, maxX, maxY];
}
