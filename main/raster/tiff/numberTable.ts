import type { ByteSource } from './byteSource.ts';
import { checkRange } from './byteSource.ts';
import {
  type ByteLayout,
  corrupt,
  type Field,
  parseNumbers,
  typeBytes,
  viewOf,
} from './directory.ts';

const pageValues = 2048;
const keptPages = 256;

/**
 * The values of a long field (tile offsets, byte counts), read in pages when asked for, so that opening a file of a
 * million tiles costs nothing and a table that a header only claims is never allocated.
 */
export class NumberTable {
  readonly length: number;
  readonly #source: ByteSource;
  readonly #layout: ByteLayout;
  readonly #field: Field;
  readonly #pages = new Map<number, number[]>();

  /** @throws AppError `corrupt` where the table does not lie within the file */
  constructor(source: ByteSource, layout: ByteLayout, field: Field) {
    // One position may be a byte; a table of bytes libtiff takes for none.
    const types = field.count === 1 ? [1, 3, 4, 16] : [3, 4, 16];
    if (!types.includes(field.type)) {
      throw corrupt(source.uri, `its table of tiles or strips has the type ${field.type}`);
    }
    const length = field.count * typeBytes.get(field.type)!;
    checkRange(source, { offset: field.position, length });
    this.length = field.count;
    this.#source = source;
    this.#layout = layout;
    this.#field = field;
  }

  /** Value `index`, which lies before `length`. */
  async at(index: number): Promise<number> {
    const page = Math.floor(index / pageValues);
    const values = this.#pages.get(page) ?? (await this.#load(page));
    return values[index - page * pageValues]!;
  }

  async #load(page: number): Promise<number[]> {
    const first = page * pageValues;
    const count = Math.min(pageValues, this.length - first);
    const size = typeBytes.get(this.#field.type)!;
    const range = { offset: this.#field.position + first * size, length: count * size };
    const [bytes] = await this.#source.read([range]);
    const view = viewOf(bytes!);
    const values = parseNumbers(view, this.#field.type, count, this.#layout.littleEndian);
    if (this.#pages.size >= keptPages) this.#pages.delete(this.#pages.keys().next().value!);
    this.#pages.set(page, values);
    return values;
  }
}
