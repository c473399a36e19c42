import { expect, it } from 'vitest';
import type { ByteSource } from './byteSource.ts';
import { NumberTable } from './numberTable.ts';

it('keeps a part of a long table, and reads again what it let go', async () => {
  const count = 600_000;
  const bytes = new Uint8Array(Uint32Array.from({ length: count }, (_, i) => i * 3).buffer);
  let reads = 0;
  const source: ByteSource = {
    uri: 'memory',
    size: bytes.length,
    read: (ranges) => {
      reads++;
      return Promise.resolve(
        ranges.map(({ offset, length }) => bytes.slice(offset, offset + length)),
      );
    },
    counters: () => ({ bytes: 0, requests: reads }),
    close: () => Promise.resolve(),
  };
  const layout = { littleEndian: true, bigTiff: false };
  const table = new NumberTable(source, layout, { tag: 324, type: 4, count, position: 0 });
  for (let i = 0; i < count; i += 1000) expect(await table.at(i)).toBe(i * 3);
  const once = reads;
  // 2,048 values a page.
  expect(once).toBe(Math.ceil(count / 2048));
  expect(await table.at(count - 1)).toBe(3 * (count - 1));
  expect(reads).toBe(once);
  expect(await table.at(0)).toBe(0);
  expect(reads).toBe(once + 1);
});
