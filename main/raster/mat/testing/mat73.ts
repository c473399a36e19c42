import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
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

const writtenByH5py =
  'H4sIAAAAAAACA/N1DPFxdFIw1zNW8HUM0U3LzElVoBdgYPL0ZRgFAwo6PVzceLmkuJg5OBgYmCBi/6GAjQvCN4Cq9VYTjfP3cAliYqhgEkJWCANc' +
  'TAyMDAxsfAxAijm/PG8zVCObIEiErbgkPyc1bz8jVNSQDOcGbxaPBDuBkYGRUQXoYiZGRqirGZihNDqfmYeBUYAB5AIQ4GBgBbqSmYsD6ANmRiAX' +
  '4kKYBSuGTtSd2dbLjR4WLFA5qLcY0PnYw4JdA2gCWJSR4TQTqg4YUICZBA43WIzDRBlqBjYsfN02z/ZwdQwAsSWgYrB09poJVW1BYnJ2YnqqXlZx' +
  'ft5oATAKRsEoGLmAkYmZhRUAGW2G+QYKAAA=';

/** A MAT-file written by h5py 3.16: an array of its own, and one whose 32 bytes are those of a `package.json` where the program runs. */
export const takesFromElsewhere = (): Buffer => gunzipSync(Buffer.from(writtenByH5py, 'base64'));
