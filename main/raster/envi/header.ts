import { AppError } from '../../../app/error.ts';

/** The fields of an ENVI header by lower-case name; lists keep their braces' content as text. */
export type EnviFields = ReadonlyMap<string, string>;

/**
 * Splits a header into its fields. Values in braces may span lines; a line that is no field is passed over, as ENVI does.
 * @throws AppError `corrupt` where the text is no ENVI header or a brace is never closed
 */
export function parseHeader(text: string, path: string): EnviFields {
  if (!/^\uFEFF?ENVI\b/.test(text)) {
    throw new AppError(
      'corrupt',
      `${path} is not an ENVI header: its first line is not "ENVI". Name the header that belongs to the image.`,
      { path },
    );
  }
  const fields = new Map<string, string>();
  let position = text.indexOf('\n') + 1;
  while (position > 0 && position < text.length) {
    const end = text.indexOf('\n', position);
    const line = text.slice(position, end < 0 ? text.length : end);
    position = end < 0 ? text.length : end + 1;
    const equals = line.indexOf('=');
    if (equals < 0 || line.trimStart().startsWith(';')) continue;
    const name = line.slice(0, equals).trim().toLowerCase().replace(/\s+/g, ' ');
    const rest = line.slice(equals + 1).trim();
    if (!rest.startsWith('{')) {
      fields.set(name, rest);
      continue;
    }
    const open = position - line.length - (end < 0 ? 0 : 1) + line.indexOf('{', equals);
    const close = text.indexOf('}', open);
    if (close < 0) throw unclosed(path, name);
    fields.set(name, text.slice(open + 1, close).trim());
    const next = text.indexOf('\n', close);
    position = next < 0 ? text.length : next + 1;
  }
  return fields;
}

function unclosed(path: string, name: string): AppError {
  return new AppError(
    'corrupt',
    `The ENVI header ${path} ends within the braces of "${name}". It is cut short: copy it again.`,
    { path, field: name },
  );
}

/** A list field as trimmed text items; empty where the field is absent. */
export function listField(fields: EnviFields, name: string): string[] {
  const text = fields.get(name);
  if (text === undefined || text.trim() === '') return [];
  return text.split(',').map((item) => item.trim());
}

/** A list field as numbers, or undefined where it is absent or its length is not `count`. */
export function numberList(
  fields: EnviFields,
  name: string,
  count: number,
): readonly number[] | undefined {
  const values = listField(fields, name)
    .filter((item) => item !== '')
    .map(Number);
  return values.length === count && values.every((value) => !Number.isNaN(value))
    ? values
    : undefined;
}

/**
 * A whole number field.
 * @throws AppError `corrupt` where it is absent without a default, or not a whole number within its bounds
 */
export function integerField(
  fields: EnviFields,
  name: string,
  options: { path: string; minimum: number; maximum: number; fallback?: number },
): number {
  const text = fields.get(name);
  if (text === undefined && options.fallback !== undefined) return options.fallback;
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= options.minimum && value <= options.maximum) return value;
  throw new AppError(
    'corrupt',
    `The ENVI header ${options.path} has ${text === undefined ? 'no' : `"${text}" as`} ${name}; a whole number ` +
      `from ${options.minimum} to ${options.maximum} is needed. Correct the header.`,
    { path: options.path, field: name, found: text ?? null },
  );
}
