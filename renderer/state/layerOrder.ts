import type { LayerRow } from '../../app/project/rows.ts';

/** A layer as the map draws it: what its groups say is worked in. */
export type DrawnLayer = {
  readonly row: LayerRow;
  readonly visible: boolean;
  readonly opacity: number;
  /** 0 is drawn first. */
  readonly depth: number;
};

/** Children of a group (or the top level), uppermost first. */
export function childrenOf(
  layers: ReadonlyMap<string, LayerRow>,
  parent: string | undefined,
): readonly LayerRow[] {
  return [...layers.values()]
    .filter((row) => row.parent === parent)
    .sort((a, b) => b.order - a.order || (a.id < b.id ? -1 : 1));
}

/** All layers but groups, lowest first, with the visibility and opacity of their groups. */
export function drawnLayers(layers: ReadonlyMap<string, LayerRow>): readonly DrawnLayer[] {
  const result: Omit<DrawnLayer, 'depth'>[] = [];
  const walk = (parent: string | undefined, visible: boolean, opacity: number): void => {
    for (const row of childrenOf(layers, parent).toReversed()) {
      const shown = visible && row.visible;
      const through = opacity * row.opacity;
      if (row.kind === 'group') walk(row.id, shown, through);
      else result.push({ row, visible: shown, opacity: through });
    }
  };
  walk(undefined, true, 1);
  return result.map((layer, depth) => ({ ...layer, depth }));
}
