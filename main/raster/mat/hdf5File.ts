import { Worker } from 'node:worker_threads';
import { AppError } from '../../../app/error.ts';
import { type SampleArray, sampleTypeOf } from '../../../app/raster/samples.ts';
import type { Hdf5Answer, Hdf5Question, Hdf5Ranges, ListedArray } from './hdf5Contents.ts';

/** A numeric array of a MAT-file of version 7.3, which is an HDF5 file. */
export type Hdf5Array = ListedArray & {
  /** Values of a box. @throws AppError `corrupt`, `unsupported` where they lie in another file */
  read(ranges: Hdf5Ranges): Promise<SampleArray>;
};

/** An open file in a thread of its own, which ends with `close`. */
export type Hdf5File = { readonly arrays: readonly Hdf5Array[]; close(): Promise<void> };

/** Opens the file and lists the real numeric arrays of its root. @throws AppError `corrupt` */
export async function openHdf5(path: string): Promise<Hdf5File> {
  const thread = new Hdf5Thread();
  const { arrays } = await thread.ask({ kind: 'open', path });
  if (arrays === undefined) {
    await thread.end();
    throw damaged(path, 'its contents cannot be listed');
  }
  return {
    arrays: arrays.map((array) => ({
      ...array,
      read: (ranges) => readBox(thread, array, { ranges, path }),
    })),
    close: () => thread.end(),
  };
}

async function readBox(
  thread: Hdf5Thread,
  { name, type }: ListedArray,
  { ranges, path }: { readonly ranges: Hdf5Ranges; readonly path: string },
): Promise<SampleArray> {
  const { values, foreign } = await thread.ask({ kind: 'box', name, ranges });
  if (foreign) {
    throw new AppError(
      'unsupported',
      `${path}: the values of ${name} lie in another file, which is not followed. Save them in one file.`,
      { path, array: name },
    );
  }
  const expected = ranges.reduce((product, [from, to]) => product * (to - from), 1);
  if (values?.length === expected && sampleTypeOf(values) === type) return values;
  throw damaged(path, `the values of ${name} cannot be decompressed`);
}

/** Answers one question after the other; none where it has died. It does not keep the process alive while it is idle. */
class Hdf5Thread {
  readonly #worker = new Worker(new URL('./hdf5Worker.ts', import.meta.url));
  #last: Promise<unknown> = Promise.resolve();
  #dead = false;

  constructor() {
    this.#worker.unref();
    // A thread that fails is one that does not answer.
    this.#worker.on('error', () => undefined);
    this.#worker.on('exit', () => {
      this.#dead = true;
    });
  }

  ask(question: Hdf5Question): Promise<Hdf5Answer> {
    const answer = this.#last.then(() => this.#exchange(question));
    this.#last = answer;
    return answer;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #exchange(question: Hdf5Question): Promise<Hdf5Answer> {
    if (this.#dead) return Promise.resolve({});
    return new Promise((resolve) => {
      const settle = (answer: Hdf5Answer): void => {
        this.#worker.off('message', settle).off('exit', none);
        this.#worker.unref();
        resolve(answer);
      };
      const none = (): void => settle({});
      this.#worker.on('message', settle).on('exit', none);
      this.#worker.ref();
      this.#worker.postMessage(question);
    });
  }
}

function damaged(path: string, found: string): AppError {
  return new AppError(
    'corrupt',
    `${path} is a damaged MAT-file (version 7.3): ${found}. Copy it again, or save it with -v7.`,
    { path },
  );
}
