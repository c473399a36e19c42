import { posix } from 'node:path';
import type { OutputTemplates } from '../../../app/contract/batchRecipe.ts';
import { AppError } from '../../../app/error.ts';
import { resultsMark } from '../../workers/sceneFolder.ts';

/** Ending that an output must have: other programs know it by that. */
const endings: Readonly<Record<keyof OutputTemplates, RegExp>> = {
  map: /\.tiff?$/i,
  score: /\.tiff?$/i,
  probabilities: /\.tiff?$/i,
  vector: /\.gpkg$/i,
  preview: /\.png$/i,
};

/** What a template may name. */
const fields = ['folder', 'name', 'ending', 'date', 'model'] as const;
type Field = (typeof fields)[number];

/** Names that the batch itself writes into the folder of results. */
export const ownNames = {
  state: resultsMark,
  summary: 'summary.json',
  table: 'summary.csv',
  report: 'report.html',
  collection: 'collection.json',
} as const;

/** @throws AppError `usage` with what was found and what is needed */
export function checkTemplate(kind: keyof OutputTemplates, template: string): void {
  const bad = (problem: string): AppError =>
    new AppError('usage', `"outputs.${kind}" is "${template}"; ${problem}`);
  if (!endings[kind].test(template))
    throw bad(
      `it must end in ${kind === 'vector' ? '.gpkg' : kind === 'preview' ? '.png' : '.tif'}`,
    );
  for (const [, field] of template.matchAll(/\{([^}]*)\}/g))
    if (!(fields as readonly string[]).includes(field!))
      throw bad(`{${field}} is not known; known are ${fields.map((one) => `{${one}}`).join(', ')}`);
  const plain = template.replaceAll(/\{\w+\}/g, '');
  if (/[\\:*?"<>|{}\p{Cc}]/u.test(plain))
    throw bad('it may not hold \\ : * ? " < > | or braces other than those of a field');
  if (template.startsWith('/') || template.split('/').includes('..'))
    throw bad('it must stay inside the folder of results: no "/" first and no ".."');
  if (!/\{name\}/.test(template))
    throw bad('it must hold {name}, or all scenes would have one name');
}

export type NamedScene = {
  /** Path from the folder of scenes, with `/`. */
  readonly scene: string;
  readonly date?: string | undefined;
  /** Name of the model's folder. */
  readonly model: string;
};

/** A template filled in: a path from the folder of results, with `/`. */
export function outputName(template: string, { scene, date, model }: NamedScene): string {
  const { dir, base } = posix.parse(scene);
  const ending = posix.extname(base);
  const values: Readonly<Record<Field, string>> = {
    folder: dir,
    name: base.slice(0, base.length - ending.length),
    ending: ending.slice(1),
    date: date ?? 'undated',
    model,
  };
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, field: Field) => values[field]);
  return posix.normalize(filled).replace(/^\/+/, '');
}

/** Everything that a scene writes, as paths from the folder of results. */
export function allNames(outputs: Readonly<Record<string, string | undefined>>): string[] {
  const { map } = outputs;
  const names = Object.values(outputs).filter((name) => name !== undefined);
  if (map === undefined) return names;
  const stem = map.replace(/\.[^./]*$/, '');
  return [...names, `${map}.json`, `${map}.aux.xml`, `${stem}.qml`, itemName(map)];
}

/** The STAC item beside a map. */
export const itemName = (map: string): string => `${map.replace(/\.[^./]*$/, '')}.stac.json`;

/**
 * Finds what two scenes would both write, before anything is written. Names that differ by case or by the form of their
 * accents are the same on some disks.
 * @throws AppError `usage` that names both scenes
 */
export function refuseDoubles(
  scenes: Iterable<{ readonly scene: string; readonly names: readonly string[] }>,
): void {
  const taken = new Map<string, string>(
    Object.values(ownNames).map((name) => [name, 'the batch itself']),
  );
  for (const { scene, names } of scenes)
    for (const name of names) {
      const key = name.normalize('NFC').toLowerCase();
      const other = taken.get(key);
      if (other !== undefined)
        throw new AppError(
          'usage',
          other === scene
            ? `Two outputs of ${scene} would be written to ${name}. Give each a template of its own in the recipe.`
            : `${other} and ${scene} would both be written to ${name}. Tell them apart in the recipe, as by {folder}, {ending} or {date} in "outputs", or leave one out with --exclude.`,
          { scenes: [other, scene], output: name },
        );
      taken.set(key, scene);
    }
}
