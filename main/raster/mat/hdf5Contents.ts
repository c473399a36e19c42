import { devNull } from 'node:os';
import { resolve } from 'node:path';
import type { Dataset, File as Hdf5Handle } from 'h5wasm/node';
import { type SampleArray, type SampleType, samplesOf } from '../../../app/raster/samples.ts';
import { limits } from '../scenes/limits.ts';

/** What is asked of a file, one after the other: first that it be opened. */
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
  /** It could not because the values lie in another file. */
  readonly foreign?: true;
};

const mostVariables = 10_000;
const integerClass = 0;
const floatClass = 1;
/** `EACCES` as WASI numbers errors. */
const accessDenied = 2;
/**
 * Bits of Linux's `open` that tell files to be written and folders: after an error the library writes a report into a temporary file,
 * and before one it may look for plug-ins.
 */
const [writing, directory] = [0b11, 0o200000];
const elsewhere = Symbol('in another file');

type Listed = ListedArray & { readonly dataset: Dataset };

/** Answers questions about one HDF5 file through the library, which is to serve no other: see `hdf5Worker.ts`. */
export function hdf5Contents(): (question: Hdf5Question) => Promise<Hdf5Answer> {
  let opened: Opened | undefined;
  return async (question) => {
    if (question.kind === 'open') {
      opened = await open(question.path);
      const { listed } = opened;
      return { arrays: listed.map(({ name, dimensions, type }) => ({ name, dimensions, type })) };
    }
    const array = opened?.listed.find((candidate) => candidate.name === question.name);
    if (opened === undefined || array === undefined) return {};
    const { path, files } = opened;
    const values = openingNothingBut(path, files, () => valuesOf(array, question.ranges));
    return values === elsewhere ? { foreign: true } : { values };
  };
}

/** How the library opens files: its own function, which belongs to nothing, and the error that its C code knows. */
type FileSystem = {
  open: (path: string, flags: string | number, mode?: number) => unknown;
  readonly ErrnoError: new (code: number) => unknown;
};
type Opened = {
  readonly path: string;
  readonly files: FileSystem;
  readonly listed: readonly Listed[];
};

/** Opens the file and lists the real numeric arrays of its root. */
async function open(path: string): Promise<Opened> {
  const { default: h5 } = await import('h5wasm/node');
  const library = await h5.ready;
  // Failures are thrown instead of printed.
  library.activate_throwing_error_handler();
  // Emscripten's own types leave the error out.
  const files = library.FS as typeof library.FS & FileSystem;
  const listed = openingNothingBut(path, files, () =>
    list(new h5.File(path, 'r'), (entity) => entity instanceof h5.Dataset),
  );
  if (listed === elsewhere) throw new Error('it cannot be listed without another file');
  return { path, files, listed };
}

/**
 * Does `work`, in which the library may open no file but `path`: a dataset may name others to take its bytes from, and any of this
 * machine's would do. Whatever came of it, `elsewhere` where it tried to read one.
 */
function openingNothingBut<Result>(
  path: string,
  files: FileSystem,
  work: () => Result,
): Result | typeof elsewhere {
  const { open } = files;
  let tried = false;
  files.open = (wanted, flags, mode) => {
    if (resolve(wanted) === resolve(path)) return open(wanted, flags, mode);
    if ((Number(flags) & writing) !== 0) return open(devNull, 'r+');
    tried ||= (Number(flags) & directory) === 0;
    throw new files.ErrnoError(accessDenied);
  };
  try {
    const result = work();
    return tried ? elsewhere : result;
  } catch (error) {
    if (tried) return elsewhere;
    throw error;
  } finally {
    files.open = open;
  }
}

function list(handle: Hdf5Handle, isDataset: (entity: unknown) => boolean): Listed[] {
  const arrays: Listed[] = [];
  for (const name of handle.keys().slice(0, mostVariables)) {
    if (name.startsWith('#') || isLink(handle, name)) continue;
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

/** Whether a name stands for what lies elsewhere, perhaps in another file. MATLAB writes none. */
function isLink(handle: Hdf5Handle, name: string): boolean {
  return handle.get_link(name) !== null || handle.get_external_link(name).filename !== undefined;
}

function typeOf(metadata: Dataset['metadata']): SampleType | undefined {
  const { type, size, signed } = metadata;
  if (type === floatClass) return size === 4 ? 'float32' : size === 8 ? 'float64' : undefined;
  if (type !== integerClass) return undefined;
  const bits = size * 8;
  if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) return undefined;
  return signed ? `int${bits}` : `uint${bits}`;
}

function valuesOf({ dataset, dimensions, type }: Listed, ranges: Hdf5Ranges): SampleArray {
  if (dimensions.length > 0) {
    // A copy: the library hands out views of its memory.
    return (dataset.slice(ranges.map(([from, to]) => [from, to])) as SampleArray).slice();
  }
  // The library takes no part of an array without dimensions, which other programs write for a single number.
  const single = samplesOf(type, 1);
  single[0] = dataset.value as number | bigint;
  return single;
}
