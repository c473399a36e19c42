import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import type { ClassRow, PointRow, RowChange } from '../../../app/project/rows.ts';
import { classColor } from '../../../app/raster/palette.ts';
import { changed, put, removed, setting } from '../../edits/changes.ts';
import { newId } from '../../edits/newId.ts';
import type { Workspace } from '../../state/workspaceState.ts';
import { t } from '../../words/translate.ts';
import { useWorkspace } from '../context.ts';
import type { ClassMap } from './classMaps.ts';

export type Design = 'stratified' | 'equalised' | 'random';

/** How the points of an assessment were drawn; kept as the setting `accuracy` of the project. */
export type AssessmentSettings = {
  /** Class map that is assessed. */
  readonly map: string | undefined;
  readonly design: Design;
  readonly points: number;
  readonly least: number;
  readonly seed: number;
  /** Pixels of each class in that map: what the points stand for when another map is assessed with them. */
  readonly strata: readonly { readonly value: number; readonly pixels: number }[];
  /** CRS of the points; absent where the map has none. */
  readonly crs?: string;
};

const defaults: AssessmentSettings = {
  map: undefined,
  design: 'stratified',
  points: 200,
  least: 10,
  seed: 0,
  strata: [],
};

/** The settings that the points of the project were drawn with, or those to draw the first ones with. */
export function useAssessment(): AssessmentSettings {
  const row = useWorkspace((state) => state.document.settings.get('accuracy'));
  return { ...defaults, ...(row as Partial<AssessmentSettings> | undefined) };
}

/** Puts new points in place of all there are: one step of undo. */
export function replacePoints(
  workspace: Workspace,
  wanted: AssessmentSettings,
  { points: drawn, strata, crs }: DeskOutput<'accuracy.design'>,
): void {
  const { crs: _, ...rest } = wanted;
  const settings: AssessmentSettings = {
    ...rest,
    strata: strata.map(({ value, pixels }) => ({ value, pixels })),
    ...(crs === undefined ? {} : { crs }),
  };
  const { points, settings: rows } = workspace.store.get().document;
  const fresh = drawn.map(({ x, y, stratum }): PointRow => ({ id: newId(), x, y, stratum }));
  workspace.edit(t('Draw points of the assessment'), [
    ...[...points.values()].map((row) => removed('points', row)),
    ...fresh.map((row) => put('points', row)),
    setting('accuracy', rows.get('accuracy'), settings),
  ]);
}

/** Says what is at a point; undefined: cannot be told. */
export function labelPoint(workspace: Workspace, row: PointRow, classId: string | undefined): void {
  const { classId: _, ...rest } = row;
  const after: PointRow = classId === undefined ? rest : { ...rest, classId };
  workspace.edit(t('Label a point'), [changed('points', row, after)]);
}

/** Points in an order that has nothing to do with the map: ids are random. */
export const labellingOrder = (points: ReadonlyMap<string, PointRow>): readonly PointRow[] =>
  [...points.values()].sort((a, b) => (a.id < b.id ? -1 : 1));

/** Classes of a map that the class list lacks, so that its points can be labelled. */
export function missingClasses(
  { info }: ClassMap,
  classes: readonly ClassRow[],
): NonNullable<ClassMap['info']['classes']> {
  const known = new Set(classes.map(({ value }) => value));
  return (info.classes ?? []).filter(({ value }) => value > 0 && !known.has(value));
}

export function takeClassesOf(workspace: Workspace, map: ClassMap): void {
  const { classes } = workspace.store.get().document;
  const last = Math.max(0, ...[...classes.values()].map(({ order }) => order));
  const changes = missingClasses(map, [...classes.values()]).map(
    ({ value, name, color }, index): RowChange =>
      put('classes', {
        id: newId(),
        value,
        name,
        color: color.length === 3 ? [...color] : [...classColor(value)],
        order: last + index + 1,
        visible: true,
      }),
  );
  workspace.edit(t('Take the classes of {name}', { name: map.row.name }), changes);
}
