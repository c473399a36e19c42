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
  // Other readers take a line to end there, and so find other fields.
  if (text.includes('\0')) {
    throw new AppError(
      'corrupt',
      `The ENVI header ${path} holds bytes that are no text. It is damaged: copy it again.`,
      { path },
    );
  }
  const fields = new Map<string, string>();
  const lines = text.split(/\r\n?|\n/);
  for (let at = 1; at < lines.length; at++) {
    let line = lines[at]!;
    if (/^[ \t]*;/.test(line)) continue;
    const name = nameOf(line);
    const open = line.indexOf('{');
    if (open >= 0 && !line.includes('}', open)) {
      // Whose list this is nobody can tell, and other readers skip as far as its end.
      if (name === undefined || valueOf(line)[0] !== '{') throw stray(path, line);
      const end = lines.findIndex((one, i) => i > at && one.includes('}'));
      if (end < 0) throw unclosed(path, name);
      line = lines.slice(at, end + 1).join('\n');
      at = end;
    }
    if (name !== undefined) fields.set(name, withoutBraces(valueOf(line)));
  }
  return fields;
}

const blanks = ' \t\n';

/** Without blanks at both ends, as other readers know them: a no-break space is part of a name. */
function trimmed(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && blanks.includes(text[from]!)) from++;
  while (to > from && blanks.includes(text[to - 1]!)) to--;
  return text.slice(from, to);
}

function nameOf(line: string): string | undefined {
  const equals = line.indexOf('=');
  if (equals < 0) return undefined;
  return trimmed(line.slice(0, equals))
    .toLowerCase()
    .replace(/[ \t]+/g, ' ');
}

const valueOf = (line: string): string => trimmed(line.slice(line.indexOf('=') + 1));

/** What stands in braces, where a value does; what follows them counts for nothing. */
function withoutBraces(value: string): string {
  return value.startsWith('{') ? trimmed(value.slice(1, value.indexOf('}'))) : value;
}

function stray(path: string, line: string): AppError {
  return new AppError(
    'corrupt',
    `The ENVI header ${path} opens a brace in "${line.slice(0, 60)}", which is no field with a list. Correct that line.`,
    { path },
  );
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
  // Only plain digits: of "1e3" or "0x10" other readers make 1 or 0.
  const value = /^[+-]?\d+(\.0*)?$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (Number.isInteger(value) && value >= options.minimum && value <= options.maximum) return value;
  throw new AppError(
    'corrupt',
    `The ENVI header ${options.path} has ${text === undefined ? 'no' : `"${text}" as`} ${name}; a whole number ` +
      `from ${options.minimum} to ${options.maximum} is needed. Correct the header.`,
    { path: options.path, field: name, found: text ?? null },
  );
}
