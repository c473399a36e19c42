import type { ElementType } from '../engines/safetensors.ts';

/** A tensor of a file, before its numbers are read. */
export type TensorFacts = {
  /** The name that the file's format has for it: `float32` in PyTorch, `F32` in safetensors. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes of all elements. */
  readonly bytes: number;
  /** Its type in safetensors; undefined where that format has none. */
  readonly type: ElementType | undefined;
};

/** A file of named tensors, whatever its format. Numbers are read when they are asked for. */
export type TensorFile = {
  readonly path: string;
  readonly format: 'safetensors' | 'PyTorch' | 'PyTorch (before 1.6)';
  readonly bytes: number;
  readonly tensors: ReadonlyMap<string, TensorFacts>;
  /** What else is in the file, by path, as text or JSON. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The elements in row-major order, little-endian, in a buffer of their own. @throws AppError `bad-weights` */
  read(name: string): Promise<Uint8Array>;
  /** The same in pieces. The last one comes after the checksum has been found right. */
  pieces(name: string): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
};
