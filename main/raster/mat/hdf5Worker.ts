// A thread for one HDF5 file. The library is a megabyte of C: a hostile file can ruin its memory, so it serves no other file after it.
import { parentPort } from 'node:worker_threads';
import type { Dataset, File as Hdf5Handle } from 'h5wasm/node';
import type { SampleArray, SampleType } from '../../../app/raster/samples.ts';
import { limits } from '../scenes/limits.ts';

/** What the thread is asked, one after the other. */
export type Hdf5Question =
  | { readonly kind: 'open'; readonly path: string }
  | { readonly kind: 'box'; readonly name: string; readonly ranges: Hdf5Ranges };

/** Ranges [from, to) in HDF5's order, slowest dimension first. */
export type Hdf5Ranges = readonly (readonly [from: number, to: number])[];

/** An array as the file lists it; its dimensions in MATLAB's order, fastest first. */
export type ListedArray = {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type: SampleType;
};

/** Undefined where the library could not do it. */
export type Hdf5Answer = {
  readonly arrays?: readonly ListedArray[] | undefined;
  readonly values?: SampleArray | undefined;
};

const mostVariables = 10_000;
const integerClass = 0;
const floatClass = 1;

const datasets = new Map<string, Dataset>();

parentPort?.on('message', (question: Hdf5Question) => {
  void answer(question).then(
    (result) => parentPort?.postMessage(result),
    // Its own messages name functions of its C code.
    () => parentPort?.postMessage({} satisfies Hdf5Answer),
  );
});

async function answer(question: Hdf5Question): Promise<Hdf5Answer> {
  if (question.kind === 'open') return { arrays: await open(question.path) };
  const values: unknown = datasets
    .get(question.name)
    ?.slice(question.ranges.map(([from, to]) => [from, to]));
  // A copy: the library hands out views of its memory.
  return ArrayBuffer.isView(values) ? { values: (values as SampleArray).slice() } : {};
}

/** Opens the file and lists the real numeric arrays of its root. */
async function open(path: string): Promise<ListedArray[]> {
  const { default: h5 } = await import('h5wasm/node');
  const library = await h5.ready;
  // Failures are thrown instead of printed.
  library.activate_throwing_error_handler();
  const handle = new h5.File(path, 'r');
  if (handle.file_id < 0n) throw new Error('not opened');
  return list(handle, (entity) => entity instanceof h5.Dataset);
}

function list(handle: Hdf5Handle, isDataset: (entity: unknown) => boolean): ListedArray[] {
  const arrays: ListedArray[] = [];
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
    arrays.push({ name, dimensions: [...metadata.shape].reverse(), type });
    datasets.set(name, dataset);
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
