import { truncateSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { wholeWindow } from '../../../app/raster/grid.ts';
import { openScene } from '../formats.ts';
import { memorySource } from '../scenes/memorySource.ts';
import {
  errorOf,
  type MatVariableToWrite,
  matFile,
  temporaryFolder,
} from '../scenes/testing/files.ts';
import { readMatFile } from './matFile5.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const save = (content: Uint8Array): string => folder.save(content, '.mat');

/** Opens and reads the whole; the code and the message of the error that this ends with. */
async function refusal(uri: string): Promise<readonly [code: string, message: string]> {
  const error = await errorOf(
    (async () => {
      const source = await openScene(uri);
      await source
        .read({ window: wholeWindow(source.description.grid) })
        .finally(() => source.close());
    })(),
  );
  return [error.code, error.message];
}

const matrix = (rows: number, columns: number): MatVariableToWrite => ({
  name: 'a',
  dimensions: [rows, columns],
  type: 'uint8',
  values: Array.from({ length: rows * columns }, (_, i) => (i * i) % 251),
});

/** A compressed element around these bytes, or around what is left of its stream. */
function compressed(element: Uint8Array, stored = deflateSync(element)): Buffer {
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(15);
  tag.writeUInt32LE(stored.length, 4);
  return Buffer.concat([tag, stored]);
}

const header = matFile([]);

describe('MAT-files that are refused', () => {
  it('a file shorter than its header', async () => {
    const error = await errorOf(readMatFile(memorySource('short.mat', header.subarray(0, 100))));
    expect([error.code, error.message]).toEqual([
      'corrupt',
      'short.mat is a damaged MAT-file: it is cut short. Copy or download it again.',
    ]);
  });

  it('more variables than a program could mean', async () => {
    const path = save(Buffer.concat([header, Buffer.alloc(8 * 10_001)]));
    const [code, message] = await refusal(path);
    expect([code, message.includes('more than 10000 variables')]).toEqual(['corrupt', true]);
  });

  it('a file without numeric arrays, whether or not one is named', async () => {
    const path = save(header);
    const [code, message] = await refusal(`${path}#cube`);
    expect([code, message.endsWith('It has none.')]).toEqual(['usage', true]);
    const [unnamed, text] = await refusal(path);
    expect([unnamed, text.endsWith('It has no numeric arrays.')]).toEqual(['unsupported', true]);
  });

  it('an array without a name whose size does not fit', async () => {
    const file = matFile([{ ...matrix(3, 4), name: '' }]);
    file.writeUInt32LE(5, 128 + 8 + 16 + 8);
    const [code, message] = await refusal(save(file));
    expect([code, message.includes('a variable is 5 × 4 but stores 12 bytes')]).toEqual([
      'corrupt',
      true,
    ]);
  });

  it('values that run on past their element, into the next variable', async () => {
    const file = matFile([matrix(3, 8), matrix(2, 2)]);
    // The element's length, 8 less than it takes.
    file.writeUInt32LE(file.readUInt32LE(128 + 4) - 8, 128 + 4);
    const [code, message] = await refusal(save(file));
    expect([code, message.includes('declares more values than it holds')]).toEqual([
      'corrupt',
      true,
    ]);
  });

  it('more than three dimensions, or bands first', async () => {
    const four = { ...matrix(4, 4), dimensions: [2, 2, 2, 2] };
    const [code, message] = await refusal(`${save(matFile([four]))}#a`);
    expect([code, message.includes('a is 2 × 2 × 2 × 2')]).toEqual(['unsupported', true]);
    const turned = { ...matrix(1, 20_000), dimensions: [1, 1, 20_000] };
    const [other, text] = await refusal(save(matFile([turned])));
    expect([other, text.includes('20000 bands')]).toEqual(['unsupported', true]);
  });

  it('a compressed array that ends early, or whose stream is damaged behind its start', async () => {
    const noise = matrix(300, 300);
    let state = 1;
    const values = noise.values.map(() => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    });
    const stored = deflateSync(matFile([{ ...noise, values }]).subarray(128));
    const short = compressed(stored, stored.subarray(0, 50_000));
    const broken = Buffer.from(stored);
    broken.fill(0xff, 50_000, 60_000);
    for (const element of [short, compressed(broken, broken)]) {
      const [code, message] = await refusal(save(Buffer.concat([header, element])));
      expect([code, message.includes('fewer values than it declares')]).toEqual(['corrupt', true]);
    }
  });

  it('a compressed array beyond what is decompressed', async () => {
    // The head of an array of 2 GiB and more, in an element long enough to hold it.
    const bytes = 2 ** 31 + 8;
    const element = Buffer.from(matFile([matrix(3, 8)]).subarray(128));
    element.writeUInt32LE(bytes / 8, 8 + 16 + 8);
    element.writeUInt32LE(8, 8 + 16 + 12);
    element.writeUInt32LE(bytes, 8 + 16 + 16 + 16 + 4);
    const packed = compressed(element);
    packed.writeUInt32LE(3 * 2 ** 20, 4);
    const path = save(Buffer.concat([header, packed]));
    truncateSync(path, 128 + 8 + 3 * 2 ** 20);
    const source = await openScene(path);
    const error = await errorOf(source.read({ window: { x: 0, y: 0, width: 1, height: 1 } }));
    expect([error.code, error.message.includes('2049 MiB')]).toEqual(['too-large', true]);
    await source.close();
  });

  it('what follows the values of a compressed array is passed over', async () => {
    const wanted = matrix(3, 4);
    const element = matFile([wanted]).subarray(128);
    const source = await openScene(
      save(Buffer.concat([header, compressed(Buffer.concat([element, Buffer.alloc(700_000)]))])),
    );
    const { bands } = await source.read({ window: wholeWindow(source.description.grid) });
    const expected = Array.from(
      { length: 12 },
      (_, i) => wanted.values[(i % 4) * 3 + Math.floor(i / 4)],
    );
    expect([...bands[0]!]).toEqual(expected);
    await source.close();
  });
});
