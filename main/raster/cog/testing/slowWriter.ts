// A mapping run for tests to kill: writes a class map window by window, says each on standard output.
// Arguments: path, edge in pixels, edge of a window, resume key or `-`, milliseconds between windows, bands.
import { createCogWriter } from '../writeCog.ts';

/** What the map holds: patches, and a little noise that anybody can compute again. */
function classAt(x: number, y: number, band: number): number {
  const noise = Math.imul(x ^ Math.imul(y + band, 0x9e3779b1), 0x85ebca6b) >>> 28;
  return noise === 0 ? 0 : 1 + (((x >> 5) + (y >> 4) + band) % 6);
}

const [path = '', edge = '', step = '', key = '-', pause = '0', bands = '1'] =
  process.argv.slice(2);
const [size, windowEdge, count] = [Number(edge), Number(step), Number(bands)];
const writer = await createCogWriter(path, {
  grid: { width: size, height: size, crs: 'EPSG:32632', transform: [5e5, 10, 0, 5e6, 0, -10] },
  bands: Array.from({ length: count }, (_, i) => ({ name: `b${i}`, type: 'uint8', nodata: 0 })),
  tileSize: 64,
  ...(count === 1 ? { classNames: new Map([[1, 'Water']]) } : {}),
  ...(key === '-' ? {} : { resume: { key } }),
});
let written = 0;
for (let y = 0; y < size; y += windowEdge) {
  for (let x = 0; x < size; x += windowEdge) {
    const [width, height] = [Math.min(windowEdge, size - x), Math.min(windowEdge, size - y)];
    const window = { x, y, width, height };
    if (writer.done(window)) continue;
    const pixels = Array.from({ length: count }, (_, band) =>
      Uint8Array.from({ length: width * height }, (_, i) =>
        classAt(x + (i % width), y + Math.floor(i / width), band),
      ),
    );
    await writer.write({ window, bands: pixels });
    written++;
    process.stdout.write(`${written}\n`);
    if (pause !== '0') await new Promise((resolve) => setTimeout(resolve, Number(pause)));
  }
}
const result = await writer.finish();
process.stdout.write(
  `${JSON.stringify({ done: written, bytes: result.bytes, rss: process.resourceUsage().maxRSS })}\n`,
);
