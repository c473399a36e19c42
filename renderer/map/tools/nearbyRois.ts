import Collection from 'ol/Collection.js';
import { buffer } from 'ol/extent.js';
import Feature from 'ol/Feature.js';
import Interaction from 'ol/interaction/Interaction.js';
import type MapBrowserEvent from 'ol/MapBrowserEvent.js';
import type { RoiRow } from '../../../app/project/rows.ts';
import { type OlGeometry, toOpenLayers } from '../roiGeometry.ts';
import type { RoiLayer } from '../roiLayer.ts';

/** How near, in pixels, a vertex or an edge draws the pointer to itself. */
export const snapPixels = 12;
const reachPixels = 2 * snapPixels;
/** Where more than these lie around the pointer nobody can tell which one is meant. */
const most = 200;

/** An ROI as interactions work with it; carries the id of its row. */
export type RoiFeature = Feature<OlGeometry>;

/** The ROIs around the pointer as features. */
export type NearbyRois = {
  readonly features: Collection<RoiFeature>;
  /** Has to be added to the map after the interactions that use the features. */
  readonly interaction: Interaction;
  /** Features that an interaction changed are no longer what their row says. */
  readonly forget: (changed: readonly RoiFeature[]) => void;
};

/**
 * Follows the pointer with the ROIs around it, for interactions that else keep the edges of all: with ten thousand ROIs that takes half
 * a second whenever a tool is chosen.
 */
export function nearbyRois(
  rois: RoiLayer,
  { whileDragging } = { whileDragging: true },
): NearbyRois {
  const features = new Collection<RoiFeature>();
  const featureOf = new Map<RoiRow, RoiFeature>();
  const follow = ({ coordinate, map }: MapBrowserEvent): void => {
    const [x, y] = [coordinate[0]!, coordinate[1]!];
    const reach = reachPixels * (map.getView().getResolution() ?? 1);
    const found = rois.near(buffer([x, y, x, y], reach));
    const wanted = new Set(found.length > most ? [] : found);
    for (const row of [...featureOf.keys()]) if (!wanted.has(row)) featureOf.delete(row);
    const kept = new Set(featureOf.values());
    for (const feature of [...features.getArray()])
      if (!kept.has(feature)) features.remove(feature);
    for (const row of wanted) {
      if (featureOf.has(row)) continue;
      const feature: RoiFeature = new Feature(toOpenLayers(row.geometry));
      feature.setId(row.id);
      featureOf.set(row, feature);
      features.push(feature);
    }
  };
  const interaction = new Interaction({
    handleEvent: (event) => {
      const { type } = event;
      if (type === 'pointermove' || type === 'pointerdown') follow(event);
      if (type === 'pointerdrag' && whileDragging) follow(event);
      return true;
    },
  });
  return {
    features,
    interaction,
    forget: (changed) => {
      for (const [row, feature] of featureOf) if (changed.includes(feature)) featureOf.delete(row);
    },
  };
}
