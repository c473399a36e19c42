// A thread for one HDF5 file. The library is a megabyte of C: a hostile file can ruin its memory, so it serves no other file after it.
import { parentPort } from 'node:worker_threads';
import { type Hdf5Answer, type Hdf5Question, hdf5Contents } from './hdf5Contents.ts';

const answer = hdf5Contents();

parentPort?.on('message', (question: Hdf5Question) => {
  void answer(question).then(
    (result) => parentPort?.postMessage(result),
    // Its own messages name functions of its C code.
    () => parentPort?.postMessage({} satisfies Hdf5Answer),
  );
});
