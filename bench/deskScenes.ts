import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { python } from './referee.ts';

const here = import.meta.dirname;
export const peerScript = join(here, 'desk_peer.py');

/** Kept between runs: making them takes two minutes. */
const folder = join(here, '..', '.cache', 'bench');

export type DeskScenes = {
  /** Folder of both. */
  readonly folder: string;
  /** A COG of 1.02 GB: 8704 × 8704, 8 bands of uint16, DEFLATE in tiles of 512, overviews. */
  readonly big: string;
  /** The same pixels without overviews, 0.76 GB. */
  readonly bare: string;
};

export function deskScenes(): DeskScenes {
  execFileSync(python, [peerScript, 'make', folder], { stdio: 'inherit' });
  return { folder, big: join(folder, 'big.tif'), bare: join(folder, 'bare.tif') };
}
