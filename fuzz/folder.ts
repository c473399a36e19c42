import { mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const memoryFolder = '/dev/shm';
const neededBytes = 2 ** 30;

/** A folder for files that live for milliseconds: in memory where there is room. */
export function workFolder(): string {
  return mkdtempSync(join(hasRoom() ? memoryFolder : tmpdir(), 'prismap-fuzz-'));
}

function hasRoom(): boolean {
  try {
    const disk = statfsSync(memoryFolder);
    return disk.bavail * disk.bsize > neededBytes;
  } catch {
    return false;
  }
}
