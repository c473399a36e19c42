import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** One band of a tile; 1 valid, 0 not. */
type Bytes = { readonly samples: Uint8Array; readonly mask: Uint8Array };

const trailerBytes = 4;

/**
 * Coarse tiles of scenes without overviews on disk, so that a scene is decoded as a whole once and not whenever it is opened.
 * A folder a scene, named by its address and stamp: a changed file never finds the tiles of the old one. Past the budget the
 * scenes that were opened longest ago go. A cache: what is damaged or cannot be written is as if it were not there.
 */
export class PlaneStore {
  readonly #folder: string;
  readonly #budget: number;
  #bytes: number | undefined;
  #writable = true;

  constructor(folder: string, budget: number) {
    this.#folder = folder;
    this.#budget = budget;
  }

  /** The scene of an address in a state of its files. */
  scene(uri: string, stamp: string): ScenePlanes {
    const name = createHash('sha256').update(`${uri}\0${stamp}`).digest('hex').slice(0, 24);
    const folder = join(this.#folder, name);
    try {
      const now = new Date();
      utimesSync(folder, now, now);
    } catch {
      // nothing is kept of this scene yet
    }
    return {
      read: (plane, sampleBytes, maskBytes) =>
        readPlane(join(folder, plane), sampleBytes, maskBytes),
      write: (plane, bytes) => this.#write(folder, plane, bytes),
    };
  }

  #write(folder: string, name: string, { samples, mask }: Bytes): void {
    if (!this.#writable) return;
    const trailer = Buffer.alloc(trailerBytes);
    trailer.writeUInt32LE(crc32(mask, crc32(samples)));
    const path = join(folder, name);
    const part = `${path}.${process.pid}`;
    try {
      mkdirSync(folder, { recursive: true });
      writeFileSync(part, Buffer.concat([samples, mask, trailer]));
      renameSync(part, path);
      this.#bytes = (this.#bytes ?? this.#measure()) + samples.length + mask.length + trailerBytes;
      if (this.#bytes > this.#budget) this.#shrink(folder);
    } catch {
      // a full disk or a folder that is not ours: tiles are made anew each time, and what was begun goes with its scene
      this.#writable = false;
    }
  }

  #scenes(): { readonly path: string; readonly time: number; readonly bytes: number }[] {
    return readdirSync(this.#folder).map((name) => {
      const path = join(this.#folder, name);
      const files = readdirSync(path).map((file) => statSync(join(path, file)).size);
      return { path, time: statSync(path).mtimeMs, bytes: files.reduce((a, b) => a + b, 0) };
    });
  }

  /** What lay there before this process, without what is being written. */
  #measure(): number {
    return this.#scenes().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Down to three quarters, so that it is not done for every tile. */
  #shrink(inUse: string): void {
    const scenes = this.#scenes().sort((a, b) => a.time - b.time);
    let bytes = scenes.reduce((sum, scene) => sum + scene.bytes, 0);
    for (const scene of scenes) {
      if (bytes <= 0.75 * this.#budget) break;
      if (scene.path === inUse) continue;
      rmSync(scene.path, { recursive: true, force: true });
      bytes -= scene.bytes;
    }
    // one scene that is larger than the budget keeps what it has, and gets no more
    if (bytes > this.#budget) this.#writable = false;
    this.#bytes = bytes;
  }
}

/** Planes that are kept of one scene, by name. */
export type ScenePlanes = {
  /** Undefined where there is none of these lengths, in bytes. */
  read(name: string, sampleBytes: number, maskBytes: number): Bytes | undefined;
  write(name: string, bytes: Bytes): void;
};

function readPlane(path: string, sampleBytes: number, maskBytes: number): Bytes | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined;
  }
  const length = sampleBytes + maskBytes;
  if (bytes.length !== length + trailerBytes) return undefined;
  if (crc32(bytes.subarray(0, length)) !== bytes.readUInt32LE(length)) return undefined;
  // arrays of their own, where samples may start
  return {
    samples: new Uint8Array(bytes.subarray(0, sampleBytes)),
    mask: new Uint8Array(bytes.subarray(sampleBytes, length)),
  };
}
