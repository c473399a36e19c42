import type { PickleValue } from './values.ts';

/** Where the numbers of a storage lie in the file. */
export type StoredBytes = {
  readonly position: number;
  /** Unpacked. */
  readonly bytes: number;
  /** Bytes in the file where they are deflated. */
  readonly deflated?: number;
  /** CRC-32 of the unpacked bytes, where the file has one. */
  readonly checksum?: number;
};

/** A checkpoint taken apart: what its pickle says, and where storages lie. */
export type Container = {
  readonly format: 'PyTorch' | 'PyTorch (before 1.6)';
  readonly root: PickleValue;
  readonly storages: ReadonlyMap<string, StoredBytes>;
};
