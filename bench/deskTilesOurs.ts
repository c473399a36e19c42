// Our side of the bench of tiles: `node bench/deskTilesOurs.ts FILE`; one round for every line on standard input. What a scene
// process does, without its process: opening, reading, laying out.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { OpenedScene } from '../main/workers/scenes/describeScene.ts';
import type { TileBody } from '../main/workers/scenes/readTile.ts';
import { createSceneAnswer } from '../main/workers/scenes/sceneTasks.ts';

const tileSize = 256;
const bands = [3, 2, 1];
const never = new AbortController().signal;

/** Every tile of levels 8, 4 and 1 pixels a step on the diagonal of the scene and beside it; desk_peer.py has the same. */
function* places(side: number): Generator<{ step: number; x: number; y: number }> {
  for (const step of [8, 4, 1]) {
    const count = Math.ceil(side / (tileSize * step));
    for (let y = 0; y < count; y++) for (const x of [y, y + 1]) if (x < count) yield { step, x, y };
  }
}

async function run(uri: string): Promise<void> {
  const digest = createHash('md5');
  let cpu = 0;
  let wall = 0;
  let started = performance.now();
  let used = process.cpuUsage();
  const pause = (): void => {
    const { user, system } = process.cpuUsage(used);
    cpu += (user + system) / 1e6;
    wall += (performance.now() - started) / 1e3;
  };
  const answer = createSceneAnswer();
  const { stamp, width, tiles } = (await answer('open', { uri }, never)) as OpenedScene;
  for (const { step, x, y } of places(width)) {
    const z = tiles.resolutions.length - 1 - Math.log2(step);
    const request = { uri, stamp, input: { z, x, y, bands } };
    const { bytes } = (await answer('tile', request, never)) as TileBody;
    pause();
    const mask = bytes.subarray(-tileSize * tileSize);
    if (mask.every((valid) => valid === 255)) digest.update(bytes.subarray(0, -mask.length));
    started = performance.now();
    used = process.cpuUsage();
  }
  console.log(JSON.stringify({ cpu, wall, digest: digest.digest('hex') }));
}

const [file] = process.argv.slice(2);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'run') await run(file!);
}
