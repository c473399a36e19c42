import { TextDecoder } from 'node:util';
import type { FieldValue, Layer } from './features.ts';
import { corrupt, limits } from './limits.ts';

/** The table of a Shapefile. */
export type DbaseTable = {
  readonly fields: Layer['fields'];
  /** Values of record `index` (from 0), or undefined where the table has no such record. */
  row(index: number): readonly FieldValue[] | undefined;
};

type Column = {
  readonly name: string;
  readonly type: string;
  readonly at: number;
  readonly size: number;
};

/** Reads a dBASE III table. `encoding` is a label of the Encoding standard. @throws AppError `corrupt` */
export function parseDbase(bytes: Buffer, uri: string, encoding: string): DbaseTable {
  if (bytes.length < 32) throw corrupt(uri, 'its attribute table ends within the header');
  const headerSize = bytes.readUInt16LE(8);
  const recordSize = bytes.readUInt16LE(10);
  if (headerSize < 33 || headerSize > bytes.length || recordSize < 1)
    throw corrupt(uri, 'the header of its attribute table contradicts its size');
  // the count in the header is only trusted as far as records are there
  const present = Math.floor((bytes.length - headerSize) / recordSize);
  const count = Math.min(bytes.readUInt32LE(4), present);
  const decoder = new TextDecoder(encoding);
  const columns = readColumns(bytes, headerSize, recordSize, decoder);
  return {
    fields: columns.map(({ name, type }) => ({ name, text: type === 'C' })),
    row: (index) => {
      if (index < 0 || index >= count) return undefined;
      const start = headerSize + index * recordSize;
      return columns.map((column) => {
        const at = start + column.at;
        return parseValue(decoder.decode(bytes.subarray(at, at + column.size)), column.type);
      });
    },
  };
}

function readColumns(
  bytes: Buffer,
  headerSize: number,
  recordSize: number,
  decoder: TextDecoder,
): Column[] {
  const columns: Column[] = [];
  let at = 1; // the first byte of a record says whether it is deleted
  for (let offset = 32; offset + 32 <= headerSize && bytes[offset] !== 0x0d; offset += 32) {
    const raw = bytes.subarray(offset, offset + 11);
    const end = raw.indexOf(0);
    const name = decoder.decode(end < 0 ? raw : raw.subarray(0, end)).trim();
    const size = bytes[offset + 16]!;
    if (at + size > recordSize || columns.length >= limits.fields) break;
    columns.push({ name, type: String.fromCharCode(bytes[offset + 11]!), at, size });
    at += size;
  }
  return columns;
}

function parseValue(raw: string, type: string): FieldValue {
  const value = raw.replace(/\0[\s\S]*$/, '').trim();
  if (value === '' || /^\*+$/.test(value)) return undefined;
  if (type === 'N' || type === 'F') {
    const number = Number(value);
    return Number.isFinite(number) ? number : undefined;
  }
  return value.slice(0, limits.valueLength);
}

/** Encoding of a table from the text of its .cpg file, else from the language byte of its header, else Windows-1252. */
export function dbaseEncoding(cpg: string | undefined, languageByte: number): string {
  const name = cpg?.trim().toLowerCase() ?? '';
  const page = /^(?:ansi |cp|windows-?|oem )?(\d{3,5})$/.exec(name)?.[1];
  const iso = /^iso[ -_]?8859[ -_]?(\d{1,2})$/.exec(name)?.[1];
  const candidates = [
    page === undefined ? undefined : page === '65001' ? 'utf-8' : `windows-${page}`,
    page === undefined
      ? undefined
      : (pages[page] ?? (/^8859(\d+)$/.exec(page) ? `iso-8859-${page.slice(4)}` : undefined)),
    iso === undefined ? undefined : `iso-8859-${iso}`,
    name,
    languages[languageByte],
  ];
  return candidates.find((label) => label !== undefined && isEncoding(label)) ?? 'windows-1252';
}

const pages: Readonly<Record<string, string>> = {
  '866': 'ibm866',
  '932': 'shift_jis',
  '936': 'gbk',
  '949': 'euc-kr',
  '950': 'big5',
};

/** Language driver byte to encoding, the ones that the Encoding standard has. */
const languages: Readonly<Record<number, string>> = {
  0x03: 'windows-1252',
  0x13: 'shift_jis',
  0x4d: 'gbk',
  0x4e: 'euc-kr',
  0x4f: 'big5',
  0x57: 'windows-1252',
  0x65: 'ibm866',
  0xc8: 'windows-1250',
  0xc9: 'windows-1251',
  0xca: 'windows-1254',
  0xcb: 'windows-1253',
};

function isEncoding(label: string): boolean {
  try {
    return label !== '' && new TextDecoder(label).encoding !== '';
  } catch {
    return false;
  }
}
