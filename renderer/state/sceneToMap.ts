import type { LayerRow } from '../../app/project/rows.ts';
import type { Workspace } from './workspaceState.ts';

/** What the layer of a scene is called; the name of its file where it has none. */
export function nameOfScene({ store }: Workspace, uri: string): string {
  const { document, scenes } = store.get();
  const entry = scenes.get(uri);
  const row = [...document.layers.values()].find((layer) => layer.uri === uri);
  return row?.name ?? (entry?.state === 'open' ? entry.info.name : uri);
}

/** The raster that training and mapping are about: the selected one, else the uppermost image that is no class map. */
export function sceneToMap({ workspace }: { readonly workspace: Workspace }): string | undefined {
  const { document, scenes, selectedLayer } = workspace.store.get();
  const hasCrs = document.settings.get('crs') !== undefined;
  /** A photograph among scenes lies nowhere on their map: no ROI is on it. */
  const hasNoPlace = ({ uri = '' }: LayerRow): boolean => {
    const entry = scenes.get(uri);
    return hasCrs && entry?.state === 'open' && entry.info.crs === undefined;
  };
  const images = [...document.layers.values()]
    .filter(
      ({ kind, style }) =>
        // A probability that is cut at a threshold is a map too.
        kind === 'scene' && style?.mode !== 'classes' && style?.threshold === undefined,
    )
    .sort((a, b) => b.order - a.order);
  const placed = images.filter((row) => !hasNoPlace(row));
  const usable = placed.length > 0 ? placed : images;
  return (usable.find(({ id }) => id === selectedLayer) ?? usable[0])?.uri;
}
