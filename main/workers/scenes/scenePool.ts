import { AppError } from '../../../app/error.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { type TileGrid, tileGridOf } from '../../../app/raster/tileGrid.ts';
import { openScene } from '../../raster/formats.ts';
import { describeScene, type OpenedScene } from './describeScene.ts';
import { fileState } from './fileStamp.ts';

/** A scene that a request may read. */
export type PooledScene = {
  readonly source: SceneSource;
  readonly tiles: TileGrid;
  readonly info: OpenedScene;
};

type Entry = {
  readonly scene: Promise<PooledScene>;
  users: number;
  lastUse: number;
  /** Closed when its last user has gone. */
  dropped: boolean;
};

const mostOpen = 8;
const idleMs = 60_000;
/** Decoded tiles kept for each open scene. */
const cacheBytes = 2 ** 26;

/** The scenes that are open: the least recently used and the idle ones are closed. */
export class ScenePool {
  readonly #entries = new Map<string, Entry>();
  readonly #timer = setInterval(() => this.#closeIdle(), idleMs / 4).unref();

  /** Opens a scene or finds it open; one whose files have changed is opened anew. @throws AppError of `openScene` */
  async describe(uri: string): Promise<OpenedScene> {
    const known = this.#entries.get(uri);
    if (known !== undefined) {
      const { files, stamp } = (await known.scene).info;
      if ((await fileState(files)).stamp !== stamp) this.#drop(uri, known);
    }
    return this.use({ uri }, async ({ info }) => info);
  }

  /**
   * Calls `work` with a scene, which stays open until it is done.
   * @throws AppError of `openScene`; `not-found` where the files are no longer those of `stamp`
   */
  async use<Result>(
    { uri, stamp }: { readonly uri: string; readonly stamp?: string },
    work: (scene: PooledScene) => Promise<Result>,
  ): Promise<Result> {
    let entry = this.#take(uri);
    try {
      let scene = await entry.scene;
      if (stamp !== undefined && scene.info.stamp !== stamp) {
        this.#drop(uri, entry);
        this.#release(entry);
        entry = this.#take(uri);
        scene = await entry.scene;
        if (scene.info.stamp !== stamp) throw changed(uri);
      }
      return await work(scene);
    } finally {
      this.#release(entry);
    }
  }

  dispose(): void {
    clearInterval(this.#timer);
    for (const [uri, entry] of this.#entries) this.#drop(uri, entry);
  }

  #take(uri: string): Entry {
    let entry = this.#entries.get(uri);
    if (entry === undefined) {
      entry = { scene: open(uri), users: 0, lastUse: 0, dropped: false };
      const opening = entry;
      // what cannot be opened is tried again by the next request
      opening.scene.catch(() => {
        if (this.#entries.get(uri) === opening) this.#entries.delete(uri);
      });
    }
    this.#entries.delete(uri);
    this.#entries.set(uri, entry);
    entry.users += 1;
    entry.lastUse = Date.now();
    for (const [oldest, other] of this.#entries) {
      if (this.#entries.size <= mostOpen) break;
      this.#drop(oldest, other);
    }
    return entry;
  }

  #release(entry: Entry): void {
    entry.users -= 1;
    entry.lastUse = Date.now();
    if (entry.dropped && entry.users === 0) close(entry);
  }

  #drop(uri: string, entry: Entry): void {
    if (this.#entries.get(uri) === entry) this.#entries.delete(uri);
    if (entry.dropped) return;
    entry.dropped = true;
    if (entry.users === 0) close(entry);
  }

  #closeIdle(): void {
    for (const [uri, entry] of this.#entries)
      if (entry.users === 0 && Date.now() - entry.lastUse > idleMs) this.#drop(uri, entry);
  }
}

async function open(uri: string): Promise<PooledScene> {
  const source = await openScene(uri, { cacheBytes });
  const { stamp, bytes } = await fileState(source.description.files);
  if (stamp === undefined) {
    await source.close();
    throw changed(uri);
  }
  const tiles = tileGridOf(source.description.grid);
  return { source, tiles, info: describeScene(source.description, tiles, { stamp, bytes }) };
}

function close(entry: Entry): void {
  // a scene that could not be opened has nothing to close, and a failed close frees all the same
  entry.scene.then(({ source }) => source.close()).catch(() => undefined);
}

function changed(uri: string): AppError {
  return new AppError('not-found', `${uri} has changed on disk. Open it again.`, { uri });
}
