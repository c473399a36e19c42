import { changed } from '../edits/changes.ts';
import { viewStore } from '../state/view.ts';
import { t } from '../words/translate.ts';
import type { CommandContext } from './command.ts';

/** Shows a raster right of the swipe line, and another one left of it where it is hidden. */
export function swipeOver({ workspace }: CommandContext, over: string, under?: string): void {
  const layers = [...workspace.store.get().document.layers.values()];
  const layer = layers.find(({ uri }) => uri === over);
  if (layer === undefined) return;
  const below = layers.find(({ uri }) => uri !== undefined && uri === under);
  if (below?.visible === false)
    workspace.edit(t('Show {name}', { name: below.name }), [
      changed('layers', below, { ...below, visible: true }),
    ]);
  viewStore.set({ compare: 'swipe', compareLayer: layer.id });
}
