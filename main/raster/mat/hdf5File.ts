import type { Dataset, File as Hdf5Handle } from 'h5wasm/node';
import { AppError } from '../../../app/error.ts';
import type { SampleArray, SampleType } from '../../../app/raster/samples.ts';
import { limits } from '../scenes/limits.ts';
import type { NamedArray } from './cubeShape.ts';

/** A numeric array of a MAT-file of version 7.3, which is an HDF5 file. */
export type Hdf5Array = NamedArray & { readonly type: SampleType; readonly dataset: Dataset };

/** An open file; the library holds it by number, so it has to be closed. */
export type Hdf5File = { readonly arrays: readonly Hdf5Array[]; close(): void };

const mostVariables = 10_000;
const integerClass = 0;
const floatClass = 1;

/** Opens the file and lists the real numeric arrays of its root. @throws AppError `corrupt` */
export async function openHdf5(path: string): Promise<Hdf5File> {
  const { default: h5 } = await import('h5wasm/node');
  const library = await h5.ready;
  // Failures are thrown instead of printed.
  library.activate_throwing_error_handler();
  let handle: Hdf5Handle | undefined;
  try {
    handle = new h5.File(path, 'r');
    if (handle.file_id < 0n) throw new Error('not opened');
    const arrays = list(handle, (entity) => entity instanceof h5.Dataset);
    const opened = handle;
    return { arrays, close: () => void opened.close() };
  } catch {
    if (handle !== undefined && handle.file_id > 0n) handle.close();
    throw damaged(path, 'its contents cannot be listed');
  }
}

function list(handle: Hdf5Handle, isDataset: (entity: unknown) => boolean): Hdf5Array[] {
  const arrays: Hdf5Array[] = [];
  for (const name of handle.keys().slice(0, mostVariables)) {
    if (name.startsWith('#')) continue;
    const entity = handle.get(name);
    if (!isDataset(entity)) continue;
    const dataset = entity as Dataset;
    const { metadata } = dataset;
    const type = typeOf(metadata);
    const chunk = (metadata.chunks ?? [1]).reduce((product, size) => product * size, metadata.size);
    // Data that lie in other files are not the file's own, and a chunk is decompressed as a whole.
    const foreign = (metadata.virtual_sources ?? []).length > 0;
    if (type === undefined || foreign || chunk > limits.imageBytes || metadata.shape === null)
      continue;
    if (dataset.attrs['MATLAB_empty'] !== undefined) continue;
    // HDF5 lists the slowest dimension first, MATLAB the fastest.
    arrays.push({ name, dimensions: [...metadata.shape].reverse(), type, dataset });
  }
  return arrays;
}

function typeOf(metadata: Dataset['metadata']): SampleType | undefined {
  const { type, size, signed } = metadata;
  if (type === floatClass) return size === 4 ? 'float32' : size === 8 ? 'float64' : undefined;
  if (type !== integerClass) return undefined;
  const bits = size * 8;
  if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) return undefined;
  return signed ? `int${bits}` : `uint${bits}`;
}

/**
 * Reads a box of values; ranges are [from, to) in HDF5's order (slowest dimension first).
 * @throws AppError `corrupt`
 */
export function readBox(
  array: Hdf5Array,
  ranges: readonly (readonly [number, number])[],
  path: string,
): SampleArray {
  const expected = ranges.reduce((product, [from, to]) => product * (to - from), 1);
  try {
    const values = array.dataset.slice(ranges.map(([from, to]) => [from, to]));
    if (ArrayBuffer.isView(values) && 'length' in values && values.length === expected) {
      return values as SampleArray;
    }
  } catch {
    // Told below: the library's own messages name functions of its C code.
  }
  throw damaged(path, `the values of ${array.name} cannot be decompressed`);
}

function damaged(path: string, found: string): AppError {
  return new AppError(
    'corrupt',
    `${path} is a damaged MAT-file (version 7.3): ${found}. Copy it again, or save it with -v7.`,
    { path },
  );
}
