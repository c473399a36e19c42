import { AppError } from '../../app/error.ts';
import {
  buildScheme,
  type ClassEntry,
  MOST_CLASSES,
  readColor,
} from '../../app/vector/classScheme.ts';
import type { ClassScheme, Roi, RoiSet } from '../../app/vector/roi.ts';
import type { Feature, FieldValue, Layer } from './features.ts';

/** Where classes come from. */
export type ClassFields = {
  /** Field with the class; chosen by its name and contents where absent. */
  readonly classField?: string;
  /** Field with the group of classes; one called macroclass (or the like) where absent. */
  readonly macroclassField?: string;
};

/**
 * ROIs with their class list from a layer.
 * @throws AppError `bad-labels` no such field, no field that is clearly the class, more than 255 classes, or no object
 */
export function classify(layer: Layer, uri: string, fields: ClassFields = {}): RoiSet {
  if (layer.features.length === 0) throw nothingUsable(layer, uri);
  const field = chooseField(layer, uri, fields.classField);
  const entries: ClassEntry[] = [];
  const kept: { feature: Feature; name: string }[] = [];
  const colorField = findField(layer, /^(colou?r|fill|hex|rgb)$/i);
  const groupField =
    fields.macroclassField === undefined
      ? findField(layer, /^(macro_?class(_?name)?|mc_(name|info)|class_?group)$/i)
      : requireField(layer, uri, fields.macroclassField);
  for (const feature of layer.features) {
    const name = className(feature.values[field]);
    if (name === undefined) continue;
    kept.push({ feature, name });
    entries.push(entryOf(layer, feature, name, { field, colorField, groupField }));
  }
  if (kept.length === 0) throw nothingUsable(layer, uri, layer.fields[field]!.name);
  const classes = numberedBy(
    kept,
    findField(layer, /^(value|class_?(value|id|code|number))$/i),
    buildScheme(entries),
  );
  const values = new Map(classes.map(({ name, value }) => [name, value]));
  const ids = new UniqueIds();
  const rois = kept.map(
    ({ feature, name }): Roi => ({
      id: ids.next(feature.id),
      geometry: feature.geometry,
      classValue: values.get(name)!,
    }),
  );
  const unlabelled = layer.features.length - kept.length;
  return {
    uri,
    ...(layer.crs === undefined ? {} : { crs: layer.crs }),
    classes,
    rois,
    classField: layer.fields[field]!.name,
    warnings: [
      ...skippedWarnings(layer),
      ...(unlabelled > 0
        ? [
            `${unlabelled} objects without a class (field "${layer.fields[field]!.name}") were left out.`,
          ]
        : []),
    ],
  };
}

/** The class list with the numbers of a field, where it gives each class one whole number from 1 to 255 of its own. */
function numberedBy(
  kept: readonly { readonly feature: Feature; readonly name: string }[],
  field: number | undefined,
  classes: ClassScheme,
): ClassScheme {
  if (field === undefined) return classes;
  const values = new Map<string, number>();
  for (const { feature, name } of kept) {
    const value = Number(feature.values[field]);
    if (!Number.isInteger(value) || value < 1 || value > MOST_CLASSES) return classes;
    if ((values.get(name) ?? value) !== value) return classes;
    values.set(name, value);
  }
  if (new Set(values.values()).size !== classes.length) return classes;
  return classes
    .map((landClass) => ({ ...landClass, value: values.get(landClass.name)! }))
    .sort((a, b) => a.value - b.value);
}

/** All geometries of a layer as ROIs of one class: areas of interest, where classes do not matter. */
export function asAreas(layer: Layer, uri: string): RoiSet {
  if (layer.features.length === 0) throw nothingUsable(layer, uri);
  const ids = new UniqueIds();
  return {
    uri,
    ...(layer.crs === undefined ? {} : { crs: layer.crs }),
    classes: buildScheme([{ name: 'area' }]),
    rois: layer.features.map(({ id, geometry }) => ({ id: ids.next(id), geometry, classValue: 1 })),
    warnings: skippedWarnings(layer),
  };
}

type Indices = {
  readonly field: number;
  readonly colorField: number | undefined;
  readonly groupField: number | undefined;
};

function entryOf(layer: Layer, feature: Feature, name: string, at: Indices): ClassEntry {
  const styled =
    layer.style?.field === layer.fields[at.field]!.name
      ? layer.style.categories.get(name)?.color
      : undefined;
  const own = at.colorField === undefined ? undefined : feature.values[at.colorField];
  const color = readColor(typeof own === 'string' ? own : (styled ?? ''));
  const group = at.groupField === undefined ? undefined : className(feature.values[at.groupField]);
  return {
    name,
    ...(color === undefined ? {} : { color }),
    ...(group === undefined ? {} : { macroclass: group }),
  };
}

/** A field value as class name; undefined for null and blank. Numbers lose a fraction of zeros: 3.0 is class 3. */
function className(value: FieldValue): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  const name = value?.normalize('NFC').trim();
  return name === '' ? undefined : name;
}

function findField(layer: Layer, pattern: RegExp): number | undefined {
  const index = layer.fields.findIndex(({ name }) => pattern.test(name));
  return index < 0 ? undefined : index;
}

function requireField(layer: Layer, uri: string, name: string): number {
  const exact = layer.fields.findIndex((field) => field.name === name);
  if (exact >= 0) return exact;
  const loose = layer.fields.findIndex((field) => field.name.toLowerCase() === name.toLowerCase());
  if (loose >= 0) return loose;
  throw new AppError(
    'bad-labels',
    `${uri} has no field "${name}"; it has ${fieldList(layer)}. Name one of these with --class-field.`,
    { uri, fields: layer.fields.map((field) => field.name) },
  );
}

/** Names that say "class", most telling first, then names that often do but may hold anything. */
const telling: readonly RegExp[] = [
  /^(class_?name|class_?label|c_name|c_info|lulc_?name|lc_?name|label_?name)$/i,
  /^(class|classes|klasse|clase|classe|label|labels)$/i,
  /^(land_?cover|land_?use|landuse|lulc|lc|lu|fclass|cover|category|species|crop|habitat)$/i,
  /^(c_id|class_?id|class_?value|label_?id|cid|lulc_?id|lc_?id|gridcode|dn)$/i,
];
const vague = /^(type|kind|name|code|value)$/i;

function chooseField(layer: Layer, uri: string, name: string | undefined): number {
  if (name !== undefined) return requireField(layer, uri, name);
  const counts = layer.fields.map((_, index) => countValues(layer, index));
  const usable = [...counts.keys()].filter((index) => {
    const { distinct } = counts[index]!;
    return distinct > 0 && distinct <= MOST_CLASSES;
  });
  const matching = (pattern: RegExp, among: readonly number[]): number | undefined => {
    const matches = among.filter((index) => pattern.test(layer.fields[index]!.name));
    return matches.find((index) => layer.fields[index]!.text) ?? matches[0];
  };
  const styled = usable.find((index) => layer.fields[index]!.name === layer.style?.field);
  if (styled !== undefined) return styled;
  for (const pattern of telling) {
    const best = matching(pattern, usable);
    if (best !== undefined) return best;
  }
  // other fields only where they do not simply tell objects apart
  const shared = usable.filter((index) => {
    const { distinct, present } = counts[index]!;
    return distinct <= 3 || distinct <= present * 0.8;
  });
  const best = matching(vague, shared);
  if (best !== undefined) return best;
  const texts = shared.filter((index) => layer.fields[index]!.text);
  const only = texts.length === 1 ? texts[0] : shared.length === 1 ? shared[0] : undefined;
  if (only !== undefined) return only;
  throw new AppError(
    'bad-labels',
    layer.fields.length > 0
      ? `${uri} does not say which field holds the class; it has ${fieldList(layer)}. Name one with --class-field.`
      : layer.lacksTable === true
        ? `${uri} has no table of fields (.dbf) beside it, so its objects have no classes. Put all files of the Shapefile into one folder, or drop them together.`
        : `${uri} has no fields, so its objects have no classes. Add a text field "class".`,
    { uri, fields: layer.fields.map((field) => field.name) },
  );
}

/** Objects with a value of a field, and different values (counted up to one more than classes are possible). */
function countValues(layer: Layer, index: number): { distinct: number; present: number } {
  const distinct = new Set<string>();
  let present = 0;
  for (const { values } of layer.features) {
    const name = className(values[index]);
    if (name === undefined) continue;
    present++;
    if (distinct.size <= MOST_CLASSES) distinct.add(name);
  }
  return { distinct: distinct.size, present };
}

function fieldList(layer: Layer): string {
  const names = layer.fields.slice(0, 30).map(({ name }) => name);
  return names.length === 0 ? 'none' : names.join(', ');
}

function skippedWarnings(layer: Layer): string[] {
  return [...layer.skipped].map(([reason, count]) => `Left out: ${count} ${reason}.`);
}

function nothingUsable(layer: Layer, uri: string, field?: string): AppError {
  const why =
    field === undefined
      ? skippedWarnings(layer).join(' ') || 'The layer is empty.'
      : `Field "${field}" is empty for all ${layer.features.length} objects.`;
  return new AppError(
    'bad-labels',
    `${uri} holds no usable ROI. ${why} Draw polygons or points and give each a class.`,
    { uri, skipped: Object.fromEntries(layer.skipped) },
  );
}

/** Identifiers as the file has them, made unique where it repeats one. */
class UniqueIds {
  readonly #seen = new Map<string, number>();

  next(id: string): string {
    const times = this.#seen.get(id) ?? 0;
    this.#seen.set(id, times + 1);
    if (times === 0) return id;
    return this.next(`${id}~${times + 1}`);
  }
}
