import { useMemo } from 'react';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import type { LayerRow } from '../../../app/project/rows.ts';
import { useWorkspace } from '../context.ts';

/** A layer that shows a class map, and what is known of its file. */
export type ClassMap = { readonly row: LayerRow; readonly info: SceneInfo };

/** Class maps of the project that are open, uppermost first. */
export function useClassMaps(): readonly ClassMap[] {
  const layers = useWorkspace((state) => state.document.layers);
  const scenes = useWorkspace((state) => state.scenes);
  return useMemo(
    () =>
      [...layers.values()]
        .sort((a, b) => b.order - a.order)
        .flatMap((row) => {
          const entry = scenes.get(row.uri ?? '');
          return entry?.state === 'open' && entry.info.classes !== undefined
            ? [{ row, info: entry.info }]
            : [];
        }),
    [layers, scenes],
  );
}
