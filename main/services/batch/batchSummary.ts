import type { BatchSceneSummary } from '../../../app/contract/batch.ts';
import type { BatchScene } from './sceneRecord.ts';

/** What the results say of a scene. */
export type SceneSummary = BatchSceneSummary;

export function summaryOf({ scene, state, record }: BatchScene): SceneSummary {
  const { mapped, outputs, error, check } = record;
  const date = mapped?.date ?? check?.date;
  return {
    scene,
    state: state === 'done' || state === 'failed' ? state : 'waiting',
    ...(state === 'failed' && error !== undefined ? { error } : {}),
    ...(date === undefined ? {} : { date }),
    ...(mapped === undefined
      ? { areas: [], nodataPixels: 0, seconds: 0 }
      : {
          map: outputs!.map,
          areas: mapped.areas,
          nodataPixels: mapped.nodataPixels,
          seconds: mapped.seconds,
        }),
  };
}

/** Area of each class over all scenes, in the order of the classes. */
export function totalsOf(
  scenes: readonly SceneSummary[],
  classes: readonly { readonly name: string }[],
): SceneSummary['areas'] {
  return classes.map(({ name }) => {
    const rows = scenes.flatMap(({ areas }) => areas.filter((area) => area.class === name));
    const inHectares = rows.every(({ hectares }) => hectares !== undefined);
    return {
      class: name,
      pixels: rows.reduce((sum, { pixels }) => sum + pixels, 0),
      ...(inHectares ? { hectares: rows.reduce((sum, { hectares }) => sum + hectares!, 0) } : {}),
    };
  });
}

/** A row a scene: state, map, date, pixels and hectares of each class. No times of the run: equal runs give equal tables. */
export function summaryRows(
  scenes: readonly SceneSummary[],
  classes: readonly { readonly name: string }[],
): string[][] {
  const head = ['scene', 'state', 'code', 'message', 'map', 'date', 'nodata pixels'];
  const names = classes.map(({ name }) => name);
  const rows = scenes.map((one) => {
    const byName = new Map(one.areas.map((area) => [area.class, area]));
    return [
      one.scene,
      one.state,
      one.error?.code ?? '',
      one.error?.message ?? '',
      one.map ?? '',
      one.date ?? '',
      one.map === undefined ? '' : String(one.nodataPixels),
      ...names.map((name) => String(byName.get(name)?.pixels ?? '')),
      ...names.map((name) => byName.get(name)?.hectares?.toFixed(4) ?? ''),
    ];
  });
  return [
    [...head, ...names.map((name) => `${name} (pixels)`), ...names.map((name) => `${name} (ha)`)],
    ...rows,
  ];
}
