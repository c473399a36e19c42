import { useEffect, useMemo } from 'react';
import { roisInUse } from '../state/roisInUse.ts';
import { createStore, useStore } from '../state/store.ts';
import { useDesk, useWorkspace } from './context.ts';
import { useRoiPixels } from './roiPixels.ts';

type Count = { readonly rois: number; readonly pixels: number };
type Counts = Readonly<Record<string, Count>>;

const none: Count = { rois: 0, pixels: 0 };
const store = createStore<{ counts: Counts }>({ counts: {} });

/** Counts the ROIs and pixels of every class anew when ROIs change. Draws nothing: only the figures that differ are drawn again. */
export function CountRois(): null {
  const { workspace } = useDesk();
  const rois = useWorkspace(() => roisInUse(workspace));
  const pixels = useRoiPixels();
  const counts = useMemo(() => {
    const byClass: Record<string, Count> = {};
    for (const { id, classId } of rois.values()) {
      const now = byClass[classId] ?? none;
      byClass[classId] = { rois: now.rois + 1, pixels: now.pixels + (pixels.get(id) ?? 0) };
    }
    return byClass;
  }, [rois, pixels]);
  useEffect(() => store.set({ counts }), [counts]);
  return null;
}

/** How many ROIs a class has and how many pixels of the scene they hold. */
export function useClassCount(classId: string): Count {
  const rois = useStore(store, ({ counts }) => counts[classId]?.rois ?? 0);
  const pixels = useStore(store, ({ counts }) => counts[classId]?.pixels ?? 0);
  return { rois, pixels };
}
