/** Values of a field, in the array that names their type. */
export type FieldValue = Uint16Array | Uint32Array | BigUint64Array | Float64Array | string;
export type TiffField = readonly [tag: number, value: FieldValue];

/** TIFF field types by the array that holds the values. */
function fieldType(value: FieldValue): number {
  if (typeof value === 'string') return 2;
  if (value instanceof Uint16Array) return 3;
  if (value instanceof Uint32Array) return 4;
  return value instanceof Float64Array ? 12 : 16;
}

function fieldBytes(value: FieldValue): { bytes: Uint8Array; count: number } {
  if (typeof value === 'string') {
    const bytes = new TextEncoder().encode(`${value}\0`);
    return { bytes, count: bytes.length };
  }
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return { bytes, count: value.length };
}

/** Puts directories one behind the other, each followed by the values that do not fit into it. */
export class DirectoryWriter {
  readonly #big: boolean;
  readonly #chunks: Uint8Array[] = [];
  #end = 0;
  /** Where the offset of the next directory has to be written. */
  #link: DataView | undefined;

  constructor(big: boolean, ghost: string) {
    this.#big = big;
    const start = new Uint8Array(big ? 16 : 8);
    const view = new DataView(start.buffer);
    view.setUint16(0, 0x4949);
    view.setUint16(2, big ? 43 : 42, true);
    if (big) view.setUint16(4, 8, true);
    this.#link = new DataView(start.buffer, big ? 8 : 4);
    this.#push(start);
    this.#push(new TextEncoder().encode(ghost));
  }

  add(fields: readonly TiffField[]): void {
    const big = this.#big;
    const [countBytes, fieldSize, inlineBytes] = big ? [8, 20, 8] : [2, 12, 4];
    this.#align();
    this.#setOffset(this.#link!, this.#end);
    const directory = new Uint8Array(countBytes + fields.length * fieldSize + inlineBytes);
    const view = new DataView(directory.buffer);
    if (big) view.setBigUint64(0, BigInt(fields.length), true);
    else view.setUint16(0, fields.length, true);
    this.#link = new DataView(directory.buffer, directory.length - inlineBytes);
    this.#push(directory);
    fields.forEach(([tag, value], index) => {
      const { bytes, count } = fieldBytes(value);
      const at = countBytes + index * fieldSize;
      view.setUint16(at, tag, true);
      view.setUint16(at + 2, fieldType(value), true);
      if (big) view.setBigUint64(at + 4, BigInt(count), true);
      else view.setUint32(at + 4, count, true);
      const place = new DataView(directory.buffer, at + fieldSize - inlineBytes, inlineBytes);
      if (bytes.length <= inlineBytes) directory.set(bytes, place.byteOffset);
      else {
        this.#align();
        this.#setOffset(place, this.#end);
        this.#push(bytes);
      }
    });
  }

  finish(): Uint8Array {
    this.#align();
    const result = new Uint8Array(this.#end);
    let at = 0;
    for (const chunk of this.#chunks) {
      result.set(chunk, at);
      at += chunk.length;
    }
    return result;
  }

  #setOffset(place: DataView, value: number): void {
    if (this.#big) place.setBigUint64(0, BigInt(value), true);
    else place.setUint32(0, value, true);
  }

  #push(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#end += bytes.length;
  }

  /** The COG rules put a directory on the next even byte; values of eight bytes like to lie on their own boundary too. */
  #align(): void {
    if (this.#end % 2 !== 0) this.#push(new Uint8Array(1));
  }
}
