import { useMemo } from 'react';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import type { ErrorRecord } from '../../../app/error.ts';
import type { RoiRow } from '../../../app/project/rows.ts';
import { formatColor } from '../../../app/raster/palette.ts';
import { t } from '../../words/translate.ts';
import type { Series } from '../charts/series.ts';
import { useWorkspace } from '../context.ts';
import { type ClassAreas, looksOf, type Statistics } from './signatures.ts';
import { useAreaSpectra } from './useAreaSpectra.ts';

/** More selected ROIs than this are not drawn one by one: nobody could tell the lines apart. */
const mostRois = 24;

/** The signature of a class or a ROI, and what its line looks like. */
type Signature = Pick<Series, 'id' | 'name' | 'color' | 'pattern'> & {
  readonly figures: Statistics;
};

type Signatures = {
  readonly signatures: readonly Signature[];
  readonly error: ErrorRecord | undefined;
};

/** Signatures of the classes that are not hidden. */
export function useClassSignatures(
  info: SceneInfo,
  entries: readonly ClassAreas[],
  hidden: ReadonlySet<string>,
): Signatures {
  const groups = useMemo(() => entries.map(({ row, rois }) => ({ id: row.id, rois })), [entries]);
  const { spectra, error } = useAreaSpectra(info, groups);
  const signatures = useMemo(
    () =>
      entries.flatMap((entry) => {
        const { id } = entry.row;
        const figures = spectra.get(id);
        return figures === undefined || hidden.has(id) ? [] : [{ ...looksOf(entry), id, figures }];
      }),
    [entries, spectra, hidden],
  );
  return { signatures, error };
}

/** Signatures of the selected ROIs, one by one. */
export function useRoiSignatures(info: SceneInfo, hidden: boolean): Signatures {
  const selected = useWorkspace((state) => state.selectedRois);
  const rois = useWorkspace((state) => state.document.rois);
  const classes = useWorkspace((state) => state.document.classes);
  const rows = useMemo((): readonly RoiRow[] => {
    const found = [...selected].map((id) => rois.get(id)).filter((row) => row !== undefined);
    return hidden ? [] : found.slice(0, mostRois);
  }, [selected, rois, hidden]);
  const groups = useMemo(() => rows.map((row) => ({ id: row.id, rois: [row] })), [rows]);
  const { spectra, error } = useAreaSpectra(info, groups);
  const signatures = useMemo(
    () =>
      rows.flatMap((row, index): Signature[] => {
        const figures = spectra.get(row.id);
        const landClass = classes.get(row.classId);
        if (figures === undefined || landClass === undefined) return [];
        const numbered = t('ROI {number} · {name}', { number: index + 1, name: landClass.name });
        const color = formatColor(landClass.color);
        return [{ id: row.id, name: row.name ?? numbered, color, pattern: index + 2, figures }];
      }),
    [rows, spectra, classes],
  );
  return { signatures, error };
}
