import { join } from 'node:path';
import { deskScenes, peerScript } from './deskScenes.ts';
import type { Bench } from './harness.ts';
import { python } from './referee.ts';

const here = import.meta.dirname;

/** Mean difference of grey values, of 256, up to which two maps show the same. */
const sameGrey = 6;

/** Undefined where two pictures, as lists of grey values, are alike. */
function unlike(ours: string, peer: string): string | undefined {
  const [a, b] = [JSON.parse(ours) as number[], JSON.parse(peer) as number[]];
  const difference = a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
  return difference <= sameGrey ? undefined : `pictures differ by ${difference.toFixed(1)} of 256`;
}

/** The map of the desk beside geotiff.js' source of OpenLayers, and its tiles beside GDAL's. */
export function benches(): readonly Bench[] {
  const { big } = deskScenes();
  const side = (program: string, ...args: readonly string[]) => ({
    command: process.execPath,
    args: [join(here, program), ...args, big],
  });
  const map = (name: string, what: string): Bench => ({
    name,
    ours: side('deskMapSide.ts', 'ours', what),
    peer: side('deskMapSide.ts', 'peer', what),
    must: 1,
    aim: 0.5,
    mostRounds: 3,
    disagreement: unlike,
  });
  return [
    {
      name: 'desk: tiles of a 1 GB COG, three levels, beside GDAL',
      ours: side('deskTilesOurs.ts'),
      peer: { command: python, args: [peerScript, 'tiles', big] },
      must: 1.5,
      aim: 1,
    },
    map('desk: first picture of a 1 GB COG, beside geotiff.js', 'first'),
    map('desk: panning a 1 GB COG at its own resolution, beside geotiff.js', 'pan'),
  ];
}
