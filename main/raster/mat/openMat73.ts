import { AppError } from '../../../app/error.ts';
import { bytesPerSample, type SampleArray, samplesOf } from '../../../app/raster/samples.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { breathe } from '../scenes/cancelled.ts';
import { createSource } from '../scenes/createSource.ts';
import { limits } from '../scenes/limits.ts';
import { memorySource } from '../scenes/memorySource.ts';
import type { CheckedRequest } from '../scenes/request.ts';
import { readStrided } from '../scenes/strided.ts';
import { type CubeShape, chooseArray, parseChoice, shapeOf } from './cubeShape.ts';
import { type Hdf5Array, type Hdf5File, openHdf5 } from './hdf5File.ts';
import { describeCube, isWavelengths, nanometres } from './openMat.ts';

/**
 * Opens an array of a MAT-file of version 7.3 as a scene, with the conventions of version 5. Windows are read band by
 * band through the HDF5 library; lists of spectra are read whole.
 * @throws AppError `corrupt`, `unsupported`, `usage`, `too-large`
 */
export async function openMat73(uri: string, path: string, choice: string): Promise<SceneSource> {
  const file = await openHdf5(path);
  try {
    const wanted = parseChoice(choice);
    const image = { ...(await imageSize(file)), ...wanted };
    const array = chooseArray(file.arrays, wanted, uri);
    const shape = shapeOf(array, image, uri);
    if (shape.bands > limits.bands) {
      throw new AppError(
        'unsupported',
        `${uri}: ${array.name} would have ${shape.bands} bands; the third dimension has to be the bands.`,
        { uri, bands: shape.bands },
      );
    }
    const description = describeCube({
      uri,
      path,
      shape,
      name: array.name,
      type: array.type,
      wavelengths: await wavelengthsOf(file, shape.bands),
    });
    const plain = array.dimensions.length === 3 || shape.bands === 1;
    return createSource(description, {
      read: async (request) => ({
        bands: plain
          ? await readBands(array, request)
          : await readSpectra(array, shape, { request, path }),
      }),
      close: () => file.close(),
    });
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readBands(array: Hdf5Array, request: CheckedRequest): Promise<SampleArray[]> {
  const { columns, rows, width, height } = request;
  const [left, right] = [columns[0]!, columns[width - 1]! + 1];
  const [top, bottom] = [rows[0]!, rows[height - 1]! + 1];
  const results: SampleArray[] = [];
  for (const band of request.bands) {
    await breathe(request.signal);
    const plane = [
      [left, right],
      [top, bottom],
    ] as const;
    const box = await array.read(
      array.dimensions.length === 3 ? [[band, band + 1], ...plane] : plane,
    );
    const result = samplesOf(array.type, width * height);
    for (let x = 0; x < width; x++) {
      const base = (columns[x]! - left) * (bottom - top) - top;
      for (let y = 0; y < height; y++) result[y * width + x] = box[base + rows[y]!]!;
    }
    results.push(result);
  }
  return results;
}

async function readSpectra(
  array: Hdf5Array,
  shape: CubeShape,
  options: { readonly request: CheckedRequest; readonly path: string },
): Promise<SampleArray[]> {
  const [first, second] = array.dimensions as [number, number];
  const bytes = first * second * bytesPerSample(array.type);
  if (bytes > limits.imageBytes) {
    throw new AppError(
      'too-large',
      `${options.path}: ${array.name} takes ${Math.ceil(bytes / 2 ** 20)} MiB; lists of spectra are read whole, up to ` +
        `${limits.imageBytes / 2 ** 20} MiB. Save it as rows × columns × bands.`,
      { path: options.path, bytes },
    );
  }
  const values = await array.read([
    [0, second],
    [0, first],
  ]);
  const memory = memorySource(
    options.path,
    new Uint8Array(values.buffer, values.byteOffset, bytes),
  );
  const layout = { type: array.type, offset: 0, bigEndian: false, strides: shape.strides };
  return readStrided(memory, layout, options.request);
}

async function imageSize(file: Hdf5File): Promise<{ rows?: number; columns?: number }> {
  const scalar = async (pattern: RegExp): Promise<number | undefined> => {
    const found = file.arrays.find(
      (array) => pattern.test(array.name) && array.dimensions.every((size) => size === 1),
    );
    const value = found === undefined ? Number.NaN : Number((await small(found))[0]);
    return Number.isInteger(value) && value > 0 ? value : undefined;
  };
  const rows = await scalar(/^(n_?rows?|rows?|n?lines?|height)$/i);
  const columns = await scalar(/^(n_?cols?|cols?|n_?columns?|columns|n?samples|width)$/i);
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(columns === undefined ? {} : { columns }),
  };
}

async function wavelengthsOf(
  file: Hdf5File,
  bands: number,
): Promise<readonly number[] | undefined> {
  const found = file.arrays.find((array) => isWavelengths(array, bands));
  return found === undefined ? undefined : nanometres(await small(found));
}

async function small(array: Hdf5Array): Promise<number[]> {
  const ranges = [...array.dimensions].reverse().map((size) => [0, size] as const);
  return Array.from(await array.read(ranges), Number);
}
