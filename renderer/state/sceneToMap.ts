import type { Workspace } from './workspaceState.ts';

/** The raster that training and mapping are about: the selected one, else the uppermost image that is no class map. */
export function sceneToMap({ workspace }: { readonly workspace: Workspace }): string | undefined {
  const { document, selectedLayer } = workspace.store.get();
  const images = [...document.layers.values()]
    .filter(({ kind, style }) => kind === 'scene' && style?.mode !== 'classes')
    .sort((a, b) => b.order - a.order);
  return (images.find(({ id }) => id === selectedLayer) ?? images[0])?.uri;
}
