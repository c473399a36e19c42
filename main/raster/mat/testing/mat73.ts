import { readFileSync, writeFileSync } from 'node:fs';
import type { File as Hdf5Writer } from 'h5wasm/node';

/** Writes a MAT-file of version 7.3: MATLAB's 512 bytes of text in front of what `fill` puts into an HDF5 file. */
export async function writeMat73(path: string, fill: (file: Hdf5Writer) => void): Promise<void> {
  const { default: h5 } = await import('h5wasm/node');
  await h5.ready;
  const file = new h5.File(path, 'w');
  fill(file);
  file.close();
  const head = Buffer.alloc(512, 0);
  head.write('MATLAB 7.3 MAT-file, Platform: GLNXA64'.padEnd(124));
  head.write('\x00\x02IM', 124, 'latin1');
  writeFileSync(path, Buffer.concat([head, readFileSync(path)]));
}
