import { AppError } from '../../../app/error.ts';
import { type SampleType, samplesOf } from '../../../app/raster/samples.ts';
import type { Band, SceneSource } from '../../../app/raster/scene.ts';
import { createSource } from '../scenes/createSource.ts';
import { limits } from '../scenes/limits.ts';
import { memorySource } from '../scenes/memorySource.ts';
import { readStrided } from '../scenes/strided.ts';
import { type ByteSource, openFile } from '../tiff/byteSource.ts';
import { type CubeShape, chooseArray, parseChoice, shapeOf } from './cubeShape.ts';
import { type MatFile, type MatVariable, readMatFile, readMatVariable } from './matFile5.ts';

/**
 * Opens an array of a MAT-file of version 5 as a scene. A compressed array is decompressed at the first read and kept
 * in its stored type; others are read from the file window by window.
 * @param choice what follows `#` in the argument: a variable, and image sizes for lists of spectra
 * @throws AppError `corrupt`, `unsupported`, `usage`, `too-large`
 */
export async function openMat5(uri: string, path: string, choice: string): Promise<SceneSource> {
  const source = openFile(path);
  try {
    const file = await readMatFile(source);
    const wanted = parseChoice(choice);
    const image = {
      ...(await imageSize(source, file)),
      ...(wanted.rows === undefined ? {} : { rows: wanted.rows }),
      ...(wanted.columns === undefined ? {} : { columns: wanted.columns }),
    };
    const array = chooseArray(file.variables, wanted, uri);
    const shape = shapeOf(array, image, uri);
    checkShape(shape, array, uri);
    const wavelengths = await wavelengthsOf(source, file, shape.bands);
    const description = describeCube({
      uri,
      path,
      shape,
      name: array.name,
      type: array.type,
      wavelengths,
    });
    return createSource(description, matReader(source, file, { array, shape }));
  } catch (error) {
    await source.close();
    throw error;
  }
}

function checkShape(shape: CubeShape, array: MatVariable, uri: string): void {
  if (shape.bands <= limits.bands) return;
  throw new AppError(
    'unsupported',
    `${uri}: ${array.name} is ${array.dimensions.join(' × ')}, which would be ${shape.bands} bands; ` +
      'the third dimension has to be the bands. Save it as rows × columns × bands.',
    { uri, variable: array.name, bands: shape.bands },
  );
}

function matReader(
  source: ByteSource,
  file: MatFile,
  cube: { readonly array: MatVariable; readonly shape: CubeShape },
): Parameters<typeof createSource>[1] {
  const { array, shape } = cube;
  const layout = { type: array.type, strides: shape.strides };
  let decoded: ByteSource | undefined;
  return {
    read: async (request) => {
      if (!array.element.compressed) {
        const offset = array.element.offset + array.dataOffset;
        const inFile = { ...layout, offset, bigEndian: file.bigEndian };
        return { bands: await readStrided(source, inFile, request) };
      }
      decoded ??= memorySource(
        source.uri,
        await readMatVariable(source, array, { bigEndian: file.bigEndian, signal: request.signal }),
      );
      return {
        bands: await readStrided(decoded, { ...layout, offset: 0, bigEndian: false }, request),
      };
    },
    close: async () => {
      decoded = undefined;
      await source.close();
    },
  };
}

/** What both versions of the format say about a cube. */
export function describeCube(cube: {
  readonly uri: string;
  readonly path: string;
  readonly shape: CubeShape;
  readonly name: string;
  readonly type: SampleType;
  readonly wavelengths: readonly number[] | undefined;
}): SceneSource['description'] {
  const { shape, wavelengths } = cube;
  return {
    uri: cube.uri,
    format: 'MAT',
    grid: { width: shape.width, height: shape.height },
    bands: Array.from({ length: shape.bands }, (_, i): Band => {
      const wavelengthNm = wavelengths?.[i];
      return {
        name: shape.bands === 1 ? cube.name : `Band ${i + 1}`,
        type: cube.type,
        ...(wavelengthNm === undefined ? {} : { wavelengthNm }),
        scale: 1,
        offset: 0,
      };
    }),
    overviews: [],
    block: { width: shape.width, height: shape.height },
    metadata: { variable: cube.name },
    files: [cube.path],
  };
}

/** `nRow` and `nCol` (or rows, cols …) beside a list of spectra. */
async function imageSize(
  source: ByteSource,
  file: MatFile,
): Promise<{ readonly rows?: number; readonly columns?: number }> {
  const scalar = async (pattern: RegExp): Promise<number | undefined> => {
    const variable = file.variables.find(
      (candidate) =>
        pattern.test(candidate.name) && candidate.dimensions.every((size) => size === 1),
    );
    const value = variable && (await smallValues(source, file, variable))[0];
    return value !== undefined && Number.isInteger(value) && value > 0 ? value : undefined;
  };
  const rows = await scalar(/^(n_?rows?|rows?|n?lines?|height)$/i);
  const columns = await scalar(/^(n_?cols?|cols?|n_?columns?|columns|n?samples|width)$/i);
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(columns === undefined ? {} : { columns }),
  };
}

/** A vector of as many wavelengths as there are bands, in nanometres. */
async function wavelengthsOf(
  source: ByteSource,
  file: MatFile,
  bands: number,
): Promise<readonly number[] | undefined> {
  const variable = file.variables.find((candidate) => isWavelengths(candidate, bands));
  return variable === undefined ? undefined : nanometres(await smallValues(source, file, variable));
}

/** Whether an array can be the wavelengths of so many bands. */
export function isWavelengths(
  array: { readonly name: string; readonly dimensions: readonly number[] },
  bands: number,
): boolean {
  const count = array.dimensions.reduce((product, size) => product * size, 1);
  const flat = array.dimensions.filter((size) => size > 1).length <= 1;
  return (
    /^(wave?length?s?|wavelengths?_?(nm|um)?|lambda|centers?|centres?)$/i.test(array.name) &&
    flat &&
    count === bands &&
    bands > 1
  );
}

/** Nanometres or micrometres, told by their size: sensors of reflected light measure from 0.3 to 2.6 µm. */
export function nanometres(values: readonly number[]): readonly number[] | undefined {
  if (values.every((value) => value > 200 && value < 30_000)) return values;
  if (values.every((value) => value > 0.2 && value < 30)) {
    return values.map((value) => Number((value * 1000).toPrecision(12)));
  }
  return undefined;
}

/** Values of an array that describes another one: the image's size, a wavelength for each band. */
async function smallValues(
  source: ByteSource,
  file: MatFile,
  variable: MatVariable,
): Promise<readonly number[]> {
  const bytes = await readMatVariable(source, variable, { bigEndian: file.bigEndian });
  return valuesOf(variable.type, bytes);
}

function valuesOf(type: SampleType, bytes: Uint8Array<ArrayBuffer>): number[] {
  return Array.from(samplesOf(type, bytes.buffer), Number);
}
