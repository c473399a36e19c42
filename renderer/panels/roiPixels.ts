import { useEffect, useState } from 'react';
import type { RoiRow } from '../../app/project/rows.ts';
import { roisInUse } from '../state/roisInUse.ts';
import { sceneToMap } from '../state/sceneToMap.ts';
import { useDesk, useWorkspace } from './context.ts';

const known = new Map<
  string,
  { readonly row: RoiRow; readonly state: string; readonly pixels: number }
>();
const settleMs = 150;
/** ROIs a question: each keeps the window for some milliseconds only. */
const atOnce = 1000;

/** Pixels of the scene in each ROI, by its id; asked for once a shape, shortly after it is drawn. */
export function useRoiPixels(): ReadonlyMap<string, number> {
  const desk = useDesk();
  const { workspace } = desk;
  const rois = useWorkspace(() => roisInUse(workspace));
  const uri = useWorkspace(() => sceneToMap(desk));
  const entry = useWorkspace((state) => state.scenes.get(uri ?? ''));
  const info = entry?.state === 'open' ? entry.info : undefined;
  const scene = info?.scene;
  // A file that was replaced may have other pixels.
  const state = info === undefined ? undefined : `${info.scene} ${info.stamp}`;
  const crs = useWorkspace((state) => state.document.settings.get('crs')) as string | undefined;
  const [pixels, setPixels] = useState<ReadonlyMap<string, number>>(new Map());
  useEffect(() => {
    if (scene === undefined || state === undefined) return;
    const controller = new AbortController();
    const show = (): void => {
      const rows = [...rois.values()].map(({ id }) => [id, known.get(id)?.pixels ?? 0] as const);
      setPixels(new Map(rows));
    };
    const ask = async (): Promise<void> => {
      const fresh = [...rois.values()].filter((row) => {
        const last = known.get(row.id);
        return last?.row !== row || last.state !== state;
      });
      for (let from = 0; from < fresh.length; from += atOnce) {
        const some = fresh.slice(from, from + atOnce);
        const areas = some.map(({ id, geometry }) => ({ id, geometry }));
        const answer = await workspace.host.call(
          'rois.pixels',
          { scene, areas, ...(crs === undefined ? {} : { crs }) },
          controller.signal,
        );
        const byId = new Map(answer.pixels.map(({ id, pixels: count }) => [id, count]));
        for (const row of some) known.set(row.id, { row, state, pixels: byId.get(row.id) ?? 0 });
      }
      show();
    };
    const timer = setTimeout(() => void ask().catch(workspace.report), settleMs);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [rois, scene, state, crs, workspace]);
  return pixels;
}
