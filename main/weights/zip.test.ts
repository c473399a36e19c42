import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askReferee, python } from '../vector/testing/referee.ts';
import { openTensorFile } from './openTensorFile.ts';
import { checkpointFiles } from './testing/checkpointFiles.ts';
import {
  dict,
  floats,
  pickle,
  tensor,
  text,
  zipCheckpoint,
  zipFile,
} from './testing/checkpointWriter.ts';

const { folder, open, refusalOf } = checkpointFiles();

const content = pickle(dict(['w', tensor({ elements: 2, shape: [2], stride: [1] })]));
const whole = zipCheckpoint(content, { 0: floats(1, 2) });
const wide = zipCheckpoint(content, { 0: floats(1, 2) }, true);

/** A copy of an archive in which a number is another; negative places count from the end. */
function changed(archive: Uint8Array, at: number, bytes: readonly number[]): Buffer {
  const copy = Buffer.from(archive);
  copy.set(bytes, at < 0 ? copy.length + at : at);
  return copy;
}

/** A record inside another's data: the small file that unpacks without end is made of such. */
const nested = (() => {
  const inner = zipFile([{ name: 'x/b', data: floats(5) }]).subarray(0, 30 + 3 + 4);
  const archive = zipFile([
    { name: 'x/data.pkl', data: content },
    { name: 'x/a', data: inner },
    { name: 'x/b', data: floats(5) },
  ]);
  const inside = archive.indexOf(inner);
  return withEntries(archive, (entries) => {
    entries[2]!.writeUInt32LE(inside, 42);
    return entries;
  });
})();

const firstHeader = whole.indexOf('PK\x01\x02');
const wideHeader = wide.indexOf('PK\x01\x02');
/** Of the first record of a wide archive: its name, then its zip64 field. */
const wideField = wideHeader + 46 + 'archive/data.pkl'.length;

/** An archive with another directory; `change` is given its entries. */
function withEntries(archive: Buffer, change: (entries: readonly Buffer[]) => readonly Buffer[]) {
  const entries: Buffer[] = [];
  let at = archive.indexOf('PK\x01\x02');
  const position = at;
  while (archive.readUInt32LE(at) === 0x02014b50) {
    const more = [28, 30, 32].map((field) => archive.readUInt16LE(at + field));
    const next = more.reduce((sum, length) => sum + length, at + 46);
    entries.push(Buffer.from(archive.subarray(at, next)));
    at = next;
  }
  const directory = Buffer.concat(change(entries));
  const end = Buffer.from(zipFile([]));
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(position, 16);
  return Buffer.concat([archive.subarray(0, position), directory, end]);
}

/** An entry with something behind its name, before what it has there; `field` counts its bytes. */
function inserted(entry: Buffer, field: number, more: Uint8Array, at: number): Buffer {
  const copy = Buffer.concat([entry.subarray(0, at), more, entry.subarray(at)]);
  copy.writeUInt16LE(entry.readUInt16LE(field) + more.length, field);
  return copy;
}

async function firstTensor(bytes: Uint8Array): Promise<readonly number[]> {
  const file = await open(bytes);
  try {
    return [...new Float32Array((await file.read('w')).buffer)];
  } finally {
    await file.close();
  }
}

describe('a directory that is whole', () => {
  it('is found behind a comment, also one that looks like the end of an archive', async () => {
    const comment = Buffer.from('PK\x05\x06 is how an archive ends, and this is not how it ends');
    const bytes = Buffer.concat([changed(whole, -2, [comment.length, 0]), comment]);
    expect(await firstTensor(bytes)).toEqual([1, 2]);
  });

  it('may have one number alone in its zip64 fields', async () => {
    // The place of the first header is in the directory itself; its field then holds the sizes alone.
    const copy = Buffer.from(wide);
    copy.writeUInt32LE(0, wideHeader + 42);
    expect(await firstTensor(copy)).toEqual([1, 2]);
  });

  it.each([
    ['the number of records', 10, 2],
    ['its bytes', 12, 4],
    ['its place', 16, 4],
  ])('may have %s alone in its wide end', async (_, at, size) => {
    const copy = Buffer.from(wide);
    const end = copy.length - 22;
    const record = end - 20 - 56;
    const known = [
      [10, 2, 32],
      [12, 4, 40],
      [16, 4, 48],
    ] as const;
    for (const [field, bytes, from] of known)
      copy.writeUIntLE(Number(copy.readBigUInt64LE(record + from)), end + field, bytes);
    copy.fill(255, end + at, end + at + size);
    expect(await firstTensor(copy)).toEqual([1, 2]);
    copy.writeUInt32LE(0, record);
    expect((await refusalOf(copy)).message).toMatch(/directory of its archive is damaged/);
  });

  it('may list its records in another order than they lie in', async () => {
    expect(await firstTensor(withEntries(whole, (entries) => entries.toReversed()))).toEqual([
      1, 2,
    ]);
  });

  it('may have comments, and fields of others before the sizes', async () => {
    const comment = Buffer.from('of a record');
    const commented = withEntries(whole, (entries) =>
      entries.map((entry) => inserted(entry, 32, comment, entry.length)),
    );
    expect(await firstTensor(commented)).toEqual([1, 2]);
    // A time stamp of Info-ZIP, which is passed over.
    const stamp = Buffer.from([0x55, 0x54, 5, 0, 1, 9, 9, 9, 9]);
    const stamped = withEntries(wide, (entries) =>
      entries.map((entry) => inserted(entry, 30, stamp, 46 + entry.readUInt16LE(28))),
    );
    expect(await firstTensor(stamped)).toEqual([1, 2]);
  });

  it('may have a name of 1,024 bytes', async () => {
    const named = zipFile([
      { name: 'x/data.pkl', data: content },
      { name: 'x/data/0', data: floats(1, 2) },
      { name: 'n'.repeat(1024), data: floats(1) },
    ]);
    expect(await firstTensor(named)).toEqual([1, 2]);
  });

  it.skipIf(python === undefined)(
    'is read as zipfile writes it, with fields of other programs (skipped without Python)',
    async () => {
      const path = join(folder, 'by-zipfile.pth');
      askReferee(
        `
import json, struct, sys, zipfile
path = json.load(sys.stdin)
archive = zipfile.ZipFile(path, "w")
def add(name, data, method):
    info = zipfile.ZipInfo(name)
    # A time stamp of Info-ZIP, which readers pass over.
    info.extra = struct.pack("<HHBI", 0x5455, 5, 1, 0)
    info.compress_type = method
    with archive.open(info, "w", force_zip64=True) as record: record.write(data)
add("x/data.pkl", bytes.fromhex("${content.toString('hex')}"), zipfile.ZIP_DEFLATED)
add("x/data/0", struct.pack("<2f", 1, 2), zipfile.ZIP_STORED)
archive.close()
json.dump(zipfile.ZipFile(path).testzip(), sys.stdout)
`,
        path,
      );
      const file = await openTensorFile(path);
      expect([...new Float32Array((await file.read('w')).buffer)]).toEqual([1, 2]);
      await file.close();
    },
  );
});

describe('a directory that is damaged', () => {
  const centralName = (length: number): Buffer =>
    zipFile([
      { name: 'x/data.pkl', data: content },
      { name: 'n'.repeat(length), data: floats(1) },
    ]);

  it.each([
    [
      'says that it takes 48 MiB',
      changed(whole, -10, [0, 0, 0, 3]),
      /directory of its archive takes 50331648 bytes/,
    ],
    ['has a record too few', changed(whole, -12, [5, 0]), /directory of its archive is damaged/],
    [
      'has a record of another kind',
      changed(whole, firstHeader, [0x50, 0x4b, 9, 9]),
      /directory of its archive is damaged/,
    ],
    [
      'has a name that ends behind it',
      changed(whole, firstHeader + 28, [255, 3]),
      /directory of its archive is damaged/,
    ],
    ['has an endless name', centralName(1025), /endless name/],
    [
      'says wide of an archive of 22 bytes',
      Buffer.concat([Buffer.from('PK\x03\x04'), zipFile([], true).subarray(-22)]),
      /directory of its archive is damaged/,
    ],
    ['has lost its locator', changed(wide, -42, [0]), /directory of its archive is damaged/],
    ['has lost its wide end', changed(wide, -98, [0]), /directory of its archive is damaged/],
    [
      'has wide sizes in no field',
      changed(wide, wideField, [9]),
      /directory of its archive is damaged/,
    ],
    [
      'has a field too short for its sizes',
      changed(wide, wideHeader + 30, [12, 0]),
      /directory of its archive is damaged/,
    ],
    ['has a size of 2⁶³', changed(wide, wideField + 4, [0, 0, 0, 0, 0, 0, 0, 128]), /absurd size/],
    [
      'has a record that ends behind it',
      changed(wide, wideField + 4, [0, 2, 0, 0, 0, 0, 0, 0, 0, 2]),
      /"archive\/data.pkl" in its archive is cut off|overlap/,
    ],
    ['has a record inside another', nested, /records of its archive overlap at "x\/b"/],
    [
      'has a header that is none',
      changed(whole, whole.indexOf('PK\x03\x04', 4), [9]),
      /not where its directory says/,
    ],
    [
      'has a last record that reaches into it',
      withEntries(whole, (entries) => {
        const last = entries.at(-1)!;
        for (const size of [20, 24]) last.writeUInt32LE(last.readUInt32LE(size) + 1, size);
        return entries;
      }),
      /in its archive is cut off/,
    ],
    [
      'has a header of another length',
      changed(whole, 26, [9]),
      /"archive\/data.pkl" in its archive is not where its directory says/,
    ],
    [
      'has a header of another name',
      changed(whole, 30, [66]),
      /"archive\/data.pkl" in its archive is not where its directory says/,
    ],
    [
      'has a header elsewhere',
      changed(whole, firstHeader + 42, [1]),
      /"archive\/data.pkl" in its archive is not where its directory says/,
    ],
  ])('%s', async (_, bytes, why) => {
    expect((await refusalOf(bytes)).message).toMatch(why);
  });
});

describe('records that are not what a checkpoint has', () => {
  it.each([
    [
      'a pickle of 33 MiB',
      zipFile([{ name: 'x/data.pkl', data: Buffer.alloc(33 * 2 ** 20) }]),
      /its pickle takes 34603008 bytes/,
    ],
    [
      'a byte order of many words',
      zipFile([
        { name: 'x/data.pkl', data: content },
        { name: 'x/byteorder', data: Buffer.from('little, as nearly everywhere') },
      ]),
      /not little-endian/,
    ],
    [
      'a pickle that unpacks to less than it says',
      zipFile([
        { name: 'x/data.pkl', data: content, deflate: true, claimedBytes: content.length + 1 },
      ]),
      /another size than said/,
    ],
  ])('%s is refused', async (_, bytes, why) => {
    expect((await refusalOf(bytes)).message).toMatch(why);
  });

  it('a part of a storage whose numbers have changed is refused, whichever part it is', async () => {
    const half = pickle(dict(['w', tensor({ elements: 2, shape: [1], stride: [1] })]));
    const bytes = zipFile([
      { name: 'x/data.pkl', data: half },
      { name: 'x/data/0', data: floats(1, 2), checksum: 12345 },
    ]);
    expect((await refusalOf(bytes)).message).toMatch(/checksum does not agree/);
  });

  it('text beside the pickle is no matter', async () => {
    const bytes = zipFile([
      { name: 'data.pkl', data: pickle(dict(['x', text('alone')])) },
      { name: 'README', data: Buffer.from('read me') },
    ]);
    const file = await open(bytes);
    expect(file.metadata).toEqual({ x: 'alone' });
    await file.close();
  });
});
