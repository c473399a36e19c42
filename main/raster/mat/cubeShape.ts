import { AppError } from '../../../app/error.ts';

/** A numeric array by name and size (first dimension fastest, as MATLAB counts). */
export type NamedArray = { readonly name: string; readonly dimensions: readonly number[] };

/** How an array is a scene: which of its dimensions are rows, columns and bands. Strides are in values. */
export type CubeShape = {
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly strides: { readonly band: number; readonly row: number; readonly column: number };
};

/** The part of an argument behind `#`: `name`, or `name?rows=100&columns=100` for lists of spectra. */
export type CubeChoice = {
  readonly name?: string;
  readonly rows?: number;
  readonly columns?: number;
};

/** @throws AppError `usage` */
export function parseChoice(text: string): CubeChoice {
  const [name, query] = text.split('?', 2) as [string, string | undefined];
  const sizes = new URLSearchParams(query ?? '');
  const whole = (key: string): number | undefined => {
    const value = sizes.get(key);
    if (value === null) return undefined;
    if (/^[1-9]\d*$/.test(value)) return Number(value);
    throw new AppError('usage', `${key}=${value} is not a whole number above 0.`, { key, value });
  };
  const rows = whole('rows');
  const columns = whole('columns');
  return {
    ...(name === '' ? {} : { name }),
    ...(rows === undefined ? {} : { rows }),
    ...(columns === undefined ? {} : { columns }),
  };
}

/**
 * The array that is the scene. Without a name: the largest with three dimensions; else a list of spectra whose image
 * size is known; else the only (or largest) matrix, as one band.
 * @throws AppError `usage` where the name is not in the file, `unsupported` where no array can be a scene
 */
export function chooseArray<Item extends NamedArray>(
  arrays: readonly Item[],
  choice: CubeChoice,
  uri: string,
): Item {
  const list = arrays.map((array) => `${array.name} (${array.dimensions.join(' × ')})`).join(', ');
  if (choice.name !== undefined) {
    const named = arrays.find((array) => array.name === choice.name);
    if (named !== undefined) return named;
    throw new AppError('usage', `${uri} has no array "${choice.name}". It has ${list || 'none'}.`, {
      uri,
      arrays: arrays.map((array) => array.name),
    });
  }
  const bySize = [...arrays].sort((a, b) => sizeOf(b) - sizeOf(a));
  const cube = bySize.find((array) => array.dimensions.length === 3 && sizeOf(array) > 0);
  const matrix = bySize.find(
    (array) => array.dimensions.length === 2 && Math.min(...array.dimensions) > 1,
  );
  const column = bySize.find((array) => array.dimensions.length === 2 && sizeOf(array) > 1);
  const chosen = cube ?? matrix ?? column;
  if (chosen !== undefined) return chosen;
  throw new AppError(
    'unsupported',
    `${uri} holds no array of 2 or 3 dimensions that could be a scene. It has ${list || 'no numeric arrays'}.`,
    { uri },
  );
}

function sizeOf(array: NamedArray): number {
  return array.dimensions.reduce((product, size) => product * size, 1);
}

/**
 * Rows × columns × bands for three dimensions. A matrix is a list of spectra where the image size is known and one of
 * its dimensions is the number of pixels (pixels run down the columns of the image first, as MATLAB's reshape does);
 * the other dimension then counts bands. Any other matrix is one band of rows × columns.
 * @throws AppError `unsupported`
 */
export function shapeOf(
  array: NamedArray,
  image: { readonly rows?: number; readonly columns?: number },
  uri: string,
): CubeShape {
  const [first, second, third] = array.dimensions;
  if (
    array.dimensions.length > 3 ||
    first === undefined ||
    second === undefined ||
    sizeOf(array) === 0
  ) {
    throw new AppError(
      'unsupported',
      `${uri}: ${array.name} is ${array.dimensions.join(' × ')}; a scene has rows × columns × bands. ` +
        'Save it as an array of 3 dimensions.',
      { uri, variable: array.name, dimensions: array.dimensions },
    );
  }
  if (third !== undefined) {
    return {
      width: second,
      height: first,
      bands: third,
      strides: { row: 1, column: first, band: first * second },
    };
  }
  const { rows, columns } = image;
  if (rows !== undefined && columns !== undefined) {
    const pixels = rows * columns;
    const sizes = { width: columns, height: rows };
    if (second === pixels) {
      return { ...sizes, bands: first, strides: { band: 1, row: first, column: first * rows } };
    }
    if (first === pixels) {
      return { ...sizes, bands: second, strides: { row: 1, column: rows, band: first } };
    }
  }
  return {
    width: second,
    height: first,
    bands: 1,
    strides: { row: 1, column: first, band: first * second },
  };
}
