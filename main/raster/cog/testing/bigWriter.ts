// Writes one large class map from one block of pixels, for tests of memory. Arguments: path, edge in pixels.
import { createCogWriter } from '../writeCog.ts';

const [path = '', edge = ''] = process.argv.slice(2);
const [size, step] = [Number(edge), 1000];
const block = Uint8Array.from({ length: step * step }, (_, i) => {
  const noise = Math.imul(i, 0x9e3779b1) >>> 28 === 0 ? 1 : 0;
  return 1 + ((((i % step) >> 5) + (Math.floor(i / step) >> 5) + noise) % 7);
});
const writer = await createCogWriter(path, {
  grid: { width: size, height: size },
  bands: [{ name: 'class', type: 'uint8', nodata: 0 }],
  classNames: new Map([[1, 'Water']]),
});
for (let y = 0; y < size; y += step)
  for (let x = 0; x < size; x += step)
    await writer.write({ window: { x, y, width: step, height: step }, bands: [block] });
await writer.finish();
process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
