import { resolve } from 'node:path';
import type { projectCalls } from '../../../app/contract/desk/project.ts';
import type { DeskHandlers, DeskOutput } from '../../../app/contract/deskApi.ts';
import { type ClassScheme, type RoiSet, roisOfScenes } from '../../../app/vector/roi.ts';
import type { ProjectFile, ProjectTables } from '../../store/projectFile.ts';
import type { DeskDependencies } from './deskDependencies.ts';

type RoiCalls = Extract<keyof typeof projectCalls, 'rois.import' | 'rois.export'>;

/** Import and export of ROIs; in a process of their own, since the files are not trusted and may be large. */
export function createRoiHandlers(
  { runTask }: DeskDependencies,
  projects: { file(): Promise<ProjectFile> },
): Pick<DeskHandlers, RoiCalls> {
  return {
    'rois.import': async (input, signal) =>
      (await runTask({ task: 'import rois', input, signal })) as DeskOutput<'rois.import'>,
    'rois.export': async ({ path, format, overwrite, scene }, signal) => {
      const file = await projects.file();
      const all = roiSetOf(file.load().tables, file.path);
      const input = {
        path: resolve(path),
        format,
        overwrite,
        set: scene === undefined ? all : roisOfScenes(all, [scene]),
      };
      return (await runTask({ task: 'export rois', input, signal })) as DeskOutput<'rois.export'>;
    },
  };
}

/** The ROIs of a project as every reader of ROIs gives them. ROIs of no class are left out. */
export function roiSetOf({ rois, classes, settings }: ProjectTables, uri: string): RoiSet {
  const values = new Map(classes.map(({ id, value }) => [id, value]));
  const crs = settings.find(({ id }) => id === 'crs')?.value;
  return {
    uri,
    ...(typeof crs === 'string' ? { crs } : {}),
    classes: classSchemeOf(classes),
    rois: rois.flatMap(({ id, geometry, classId, scene }) => {
      const classValue = values.get(classId);
      if (classValue === undefined) return [];
      return [{ id, geometry, classValue, ...(scene === undefined ? {} : { scene }) }];
    }),
  };
}

/** The class list in its order; a value that two classes share belongs to the first. */
function classSchemeOf(classes: ProjectTables['classes']): ClassScheme {
  const byValue = new Map<number, ClassScheme[number]>();
  for (const { value, name, color, macroclass } of classes.toSorted((a, b) => a.order - b.order))
    if (!byValue.has(value))
      byValue.set(value, {
        value,
        name,
        color,
        ...(macroclass === undefined ? {} : { macroclass }),
      });
  return [...byValue.values()];
}
