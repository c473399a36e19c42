/**
 * What a checkpoint may ask of this machine. Real ones are far below: the Huge network with its optimiser takes 2,400 tensors,
 * 100,000 operations, a pickle of 400 KB.
 */
export const limits = {
  pickleBytes: 32 * 2 ** 20,
  operations: 5_000_000,
  memo: 1_000_000,
  /** Lists, tuples, dictionaries, records: what takes memory of its own. */
  containers: 500_000,
  depth: 1000,
  stringBytes: 16 * 2 ** 20,
  /** Of one whole number. */
  integerBytes: 256,
  /** Of a module, a class, a record of the archive. */
  nameLength: 1024,
  /** Values that are named, each as often as it is reached. */
  named: 1_000_000,
  /** Records of the archive, and tensors. */
  entries: 20_000,
  /** As in PyTorch. */
  rank: 64,
} as const;

/**
 * Most bytes that a file may come to, unpacked or written out tensor by tensor. Tensors may share their numbers, and archives
 * may be compressed, so it is more than the file; it is never a thousandfold.
 */
export const mostBytes = (fileBytes: number): number => 8 * fileBytes + 2 ** 20;
