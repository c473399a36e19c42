// A writer of small TIFFs, well-formed or not: the tests' own source of seeds and attack files.

/** One field. `values` are numbers of the type, or a text for ASCII; the raw overrides make it lie. */
export type WrittenField = {
  readonly tag: number;
  readonly type: number;
  readonly values: readonly number[] | string;
  readonly rawCount?: number;
  readonly rawPosition?: number;
};

export type WrittenDirectory = {
  readonly fields: readonly WrittenField[];
  /** Stored blocks; their offsets and lengths become the fields 324/325 or 273/279 where `tiled` says which. */
  readonly blocks: readonly Uint8Array[];
  readonly tiled?: boolean;
  /** Where the next directory is said to be, if not where it is. */
  readonly rawNext?: number;
};

export type WrittenFile = {
  readonly littleEndian?: boolean;
  readonly bigTiff?: boolean;
  readonly directories: readonly WrittenDirectory[];
};

const bytesOfType = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

/** The bytes of a file; directory i begins at `offsets[i]`. */
export function writeTiff(file: WrittenFile): {
  bytes: Uint8Array<ArrayBuffer>;
  offsets: number[];
} {
  const little = file.littleEndian ?? true;
  const big = file.bigTiff ?? false;
  const out = new Growing();
  const head = big ? 16 : 8;
  out.reserve(head);
  const mark = little ? 0x49 : 0x4d;
  out.view.setUint8(0, mark);
  out.view.setUint8(1, mark);
  out.view.setUint16(2, big ? 43 : 42, little);
  if (big) out.view.setUint16(4, 8, little);
  let pointer = big ? 8 : 4;
  const offsets: number[] = [];
  for (const directory of file.directories) {
    const placed = directory.blocks.map((block) => ({
      offset: out.append(block),
      length: block.length,
    }));
    const fields = [...directory.fields, ...blockFields(placed, directory.tiled ?? false, big)];
    fields.sort((a, b) => a.tag - b.tag);
    out.align();
    const start = out.length;
    offsets.push(start);
    putNumber(out.view, pointer, start, big, little);
    pointer = writeDirectory(out, fields, { big, little });
    if (directory.rawNext !== undefined)
      putNumber(out.view, pointer, directory.rawNext, big, little);
  }
  return { bytes: out.bytes(), offsets };
}

function blockFields(
  placed: readonly { offset: number; length: number }[],
  tiled: boolean,
  big: boolean,
): WrittenField[] {
  if (placed.length === 0) return [];
  const type = big ? 16 : 4;
  return [
    { tag: tiled ? 324 : 273, type, values: placed.map(({ offset }) => offset) },
    { tag: tiled ? 325 : 279, type, values: placed.map(({ length }) => length) },
  ];
}

/** Writes a directory at the end of the file and returns where its next-pointer lies. */
function writeDirectory(
  out: Growing,
  fields: readonly WrittenField[],
  { big, little }: { big: boolean; little: boolean },
): number {
  const start = out.length;
  const entry = big ? 20 : 12;
  const counter = big ? 8 : 2;
  out.reserve(counter + fields.length * entry + (big ? 8 : 4));
  if (big) out.view.setBigUint64(start, BigInt(fields.length), little);
  else out.view.setUint16(start, fields.length, little);
  for (const [i, field] of fields.entries()) {
    const at = start + counter + i * entry;
    const data = encode(field, little);
    const count = field.rawCount ?? data.length / bytesOfType[field.type]!;
    out.view.setUint16(at, field.tag, little);
    out.view.setUint16(at + 2, field.type, little);
    putNumber(out.view, at + 4, count, big, little);
    const slot = at + (big ? 12 : 8);
    if (field.rawPosition !== undefined) putNumber(out.view, slot, field.rawPosition, big, little);
    else if (data.length <= (big ? 8 : 4)) out.set(slot, data);
    else {
      // First append: it may move the bytes.
      const place = out.append(data);
      putNumber(out.view, slot, place, big, little);
    }
  }
  return start + counter + fields.length * entry;
}

function putNumber(view: DataView, at: number, value: number, big: boolean, little: boolean): void {
  if (big) view.setBigUint64(at, BigInt(value), little);
  else view.setUint32(at, value, little);
}

function encode(field: WrittenField, little: boolean): Uint8Array {
  if (typeof field.values === 'string') return new TextEncoder().encode(`${field.values}\0`);
  const size = bytesOfType[field.type]!;
  const view = new DataView(new ArrayBuffer(size * field.values.length));
  for (const [i, value] of field.values.entries())
    putValue(view, i * size, field.type, value, little);
  return new Uint8Array(view.buffer);
}

/** How a number of each field type is written; types that are not here are bytes. Rationals are thousandths. */
const writers: Readonly<
  Record<number, (view: DataView, at: number, value: number, little: boolean) => void>
> = {
  3: (view, at, value, little) => view.setUint16(at, value, little),
  4: (view, at, value, little) => view.setUint32(at, value, little),
  5: putThousandths,
  8: (view, at, value, little) => view.setInt16(at, value, little),
  9: (view, at, value, little) => view.setInt32(at, value, little),
  10: putThousandths,
  11: (view, at, value, little) => view.setFloat32(at, value, little),
  12: (view, at, value, little) => view.setFloat64(at, value, little),
  13: (view, at, value, little) => view.setUint32(at, value, little),
  16: (view, at, value, little) => view.setBigUint64(at, BigInt(value), little),
  17: (view, at, value, little) => view.setBigInt64(at, BigInt(value), little),
};

function putThousandths(view: DataView, at: number, value: number, little: boolean): void {
  view.setInt32(at, Math.round(value * 1000), little);
  view.setUint32(at + 4, 1000, little);
}

function putValue(view: DataView, at: number, type: number, value: number, little: boolean): void {
  const write = writers[type];
  if (write === undefined) view.setUint8(at, value);
  else write(view, at, value, little);
}

class Growing {
  #bytes = new Uint8Array(1024);
  length = 0;

  get view(): DataView {
    return new DataView(this.#bytes.buffer);
  }

  reserve(count: number): void {
    while (this.length + count > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.length += count;
  }

  align(): void {
    if (this.length % 2 === 1) this.reserve(1);
  }

  append(data: Uint8Array): number {
    this.align();
    const at = this.length;
    this.reserve(data.length);
    this.#bytes.set(data, at);
    return at;
  }

  set(at: number, data: Uint8Array): void {
    this.#bytes.set(data, at);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }
}

/** The usual fields of an image. */
export function imageFields(options: {
  readonly width: number;
  readonly height: number;
  readonly bits?: number;
  readonly samples?: number;
  readonly compression?: number;
  readonly predictor?: number;
  readonly planar?: number;
  readonly format?: number;
  readonly photometric?: number;
  readonly rowsPerStrip?: number;
  readonly tile?: number;
}): WrittenField[] {
  const { samples = 1, tile } = options;
  const short = (tag: number, ...values: number[]): WrittenField => ({ tag, type: 3, values });
  const long = (tag: number, value: number): WrittenField => ({ tag, type: 4, values: [value] });
  return [
    long(256, options.width),
    long(257, options.height),
    short(258, ...new Array<number>(samples).fill(options.bits ?? 8)),
    short(259, options.compression ?? 1),
    short(262, options.photometric ?? 1),
    short(277, samples),
    short(284, options.planar ?? 1),
    ...(options.predictor === undefined ? [] : [short(317, options.predictor)]),
    ...(tile === undefined
      ? [long(278, options.rowsPerStrip ?? options.height)]
      : [long(322, tile), long(323, tile)]),
    short(339, ...new Array<number>(samples).fill(options.format ?? 1)),
  ];
}
