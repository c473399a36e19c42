// Our side of the writing bench: `node bench/writeOurs.ts MAP OUT`; one round for every line on standard input.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { classColor, classPalette } from '../app/raster/palette.ts';
import { createCogWriter } from '../main/raster/cog/writeCog.ts';
import { openTiff } from '../main/raster/tiff/openTiff.ts';

const side = 4096;
/** Height of the blocks in which the map comes, as from mapping. */
const rows = 512;
const classes = Array.from({ length: 8 }, (_, i) => ({ value: i + 1, color: classColor(i) }));

async function write(map: Uint8Array, path: string): Promise<number> {
  const writer = await createCogWriter(path, {
    grid: { width: side, height: side, crs: 'EPSG:32632', transform: [5e5, 10, 0, 5e6, 0, -10] },
    bands: [{ name: 'class', type: 'uint8', nodata: 0 }],
    palette: classPalette(classes),
    overviews: 'nearest',
  });
  for (let y = 0; y < side; y += rows) {
    const window = { x: 0, y, width: side, height: rows };
    await writer.write({ window, bands: [map.subarray(y * side, (y + rows) * side)] });
  }
  return (await writer.finish()).bytes;
}

/** Of the pixels of every resolution, read back. */
async function digestOf(path: string): Promise<string> {
  const source = await openTiff(path);
  const digest = createHash('md5');
  const window = { x: 0, y: 0, width: side, height: side };
  for (const size of [{ width: side, height: side }, ...source.description.overviews])
    digest.update((await source.read({ window, size })).bands[0]!);
  await source.close();
  return digest.digest('hex');
}

const [mapPath, out] = process.argv.slice(2);
const map = new Uint8Array(readFileSync(mapPath!));
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'run') continue;
  const started = performance.now();
  const before = process.cpuUsage();
  const bytes = await write(map, out!);
  const wall = (performance.now() - started) / 1e3;
  const { user, system } = process.cpuUsage(before);
  const peakRss = process.resourceUsage().maxRSS * 1024;
  const digest = await digestOf(out!);
  console.log(JSON.stringify({ cpu: (user + system) / 1e6, wall, digest, peakRss, bytes }));
}
