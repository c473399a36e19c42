import { useMemo } from 'react';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import type { ErrorRecord } from '../../../app/error.ts';
import type { RoiRow } from '../../../app/project/rows.ts';
import { useDesk, useWorkspace } from '../context.ts';
import type { Area, Statistics } from './signatures.ts';
import { useAnswer } from './useAnswer.ts';

/** While a ROI is being reshaped, its signature waits this long. */
const quietMs = 250;

export type AreaGroup = { readonly id: string; readonly rois: readonly RoiRow[] };

/** All ROIs of a group as one area: a call takes one geometry each, so single points count only where there are no polygons. */
function areaOf({ id, rois }: AreaGroup): Area {
  const polygons = rois.flatMap(({ geometry }) =>
    geometry.kind === 'polygons' ? geometry.polygons : [],
  );
  const points = rois.flatMap(({ geometry }) =>
    geometry.kind === 'points' ? geometry.points : [],
  );
  return {
    id,
    geometry: polygons.length > 0 ? { kind: 'polygons', polygons } : { kind: 'points', points },
  };
}

const identity = new WeakMap<object, number>();
let next = 0;

/** A number that is another one for every other object: rows never change, so it stands for their content. */
export function numberOf(row: object): number {
  if (!identity.has(row)) identity.set(row, next++);
  return identity.get(row)!;
}

/** CRS of the ROIs, as calls take it. */
export function useProjectCrs(): { readonly crs?: string } {
  const crs = useWorkspace((state) => state.document.settings.get('crs'));
  return typeof crs === 'string' ? { crs } : {};
}

/** Signatures of groups of ROIs, kept up to date as they are drawn. */
export function useAreaSpectra(
  info: SceneInfo,
  groups: readonly AreaGroup[],
): {
  readonly spectra: ReadonlyMap<string, Statistics>;
  readonly error: ErrorRecord | undefined;
} {
  const { workspace } = useDesk();
  const crs = useProjectCrs();
  const key =
    groups.length === 0
      ? undefined
      : `${info.scene} ${info.stamp} ${groups.map(({ id, rois }) => `${id}:${rois.map(numberOf).join()}`).join(' ')}`;
  const { value, error } = useAnswer(
    key,
    (signal) =>
      workspace.host.call(
        'spectra.ofAreas',
        { scene: info.scene, areas: groups.map(areaOf), ...crs },
        signal,
      ),
    quietMs,
  );
  const spectra = useMemo(
    () => new Map(value?.spectra.map((spectrum) => [spectrum.id, spectrum])),
    [value],
  );
  return { spectra, error };
}
