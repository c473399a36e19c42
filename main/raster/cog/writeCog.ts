import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { AppError } from '../../../app/error.ts';
import type { Window } from '../../../app/raster/grid.ts';
import { bytesPerSample } from '../../../app/raster/samples.ts';
import type { BandStatistics } from '../../../app/raster/scene.ts';
import {
  removeStaleParts,
  syncFolder,
  temporaryName,
  throwIfCancelled,
  writeError,
} from '../../atomicFile.ts';
import { assemble } from './assemble.ts';
import { checkBlock, checkWindow } from './checkBlock.ts';
import { FullTiles, type PixelBlock } from './fullTiles.ts';
import type { GeoKey } from './geoKey.ts';
import { geoKeysOf } from './geoKeys.ts';
import { cogHeader } from './header.ts';
import {
  Journal,
  type ResumeFiles,
  readEarlier,
  removeUnfinished,
  resumeFiles,
  type TileRecord,
} from './journal.ts';
import { metadataXml } from './metadata.ts';
import { type CogOptions, type CogPlan, layoutOf, planCog } from './plan.ts';
import { buildPyramid, ReducedTiles, type StoredTile, type TileTable } from './pyramid.ts';
import { removeSideFiles, writeSideFiles } from './sideFiles.ts';
import { Spool } from './spool.ts';
import { Tasks } from './tasks.ts';
import { createTileCodec } from './tileCodec.ts';
import { TilePool } from './tilePart.ts';
import { statisticsOf } from './totals.ts';

export type CogWriterOptions = CogOptions & {
  /**
   * Makes a run that can be continued after it was killed, suspended or ran out of disk. The key must name everything that
   * the pixels depend on (model, scene, settings): a run with another key starts anew.
   */
  readonly resume?: { readonly key: string };
  /** Most bytes of unfinished tiles in memory; what comes on top waits in the scratch file. Default 32 MiB. */
  readonly memoryBytes?: number;
  readonly signal?: AbortSignal;
};

export type CogResult = {
  readonly path: string;
  readonly bytes: number;
  /** Undefined where a band has no valid pixel or statistics were not asked for. */
  readonly statistics: readonly (BandStatistics | undefined)[];
};

/** How far a COG is, in its full resolution. */
export type CogProgress = {
  /** Of the pixels, 0 to 1. */
  readonly share: number;
  /** What the scratch file takes so far; none once the COG has its name. */
  readonly scratchBytes: number;
};

/** A COG on its way. Every method rejects with an `AppError`: `disk-full`, `not-writable`, `cancelled`, `usage`. */
export type CogWriter = {
  /**
   * Takes the pixels of a window: any size, any order, each pixel once. The arrays may be used again when the promise
   * settles; waiting for it is what bounds memory. Whole tiles at a time cost least.
   */
  write(block: PixelBlock): Promise<void>;
  /** Whether a window need not be computed: an earlier run with the same key, or this one, has written all of it. */
  done(window: Window): boolean;
  progress(): CogProgress;
  /** Puts the file together under its name. */
  finish(): Promise<CogResult>;
  /** Stops here and keeps what is done for the next run with the same key; without `resume` the same as `abort`. */
  suspend(): Promise<void>;
  /** Stops and removes everything, also what earlier runs left. */
  abort(): Promise<void>;
};

/**
 * Begins a Cloud-Optimised GeoTIFF at `path`. Nothing appears under that name before `finish` has succeeded, and the same
 * pixels and options give the same bytes whatever the order, the size of windows or the number of interruptions. Memory
 * holds some tiles and no more: compressed tiles wait in a scratch file in the same folder, which without `resume` has no
 * name. With `resume`, every tile and every part of one is journalled with a checksum as soon as it is written, so that
 * kill −9 loses nothing that `write` had taken and stored; both files are forced to disk every 5 seconds.
 * @throws AppError `usage`, `unknown-crs`, `not-writable`, `disk-full`
 */
export async function createCogWriter(path: string, options: CogWriterOptions): Promise<CogWriter> {
  const plan = planCog(options);
  const geoKeys = await geoKeysOf(plan.grid.crs);
  const target = resolve(path);
  try {
    throwIfCancelled(target, options.signal);
    await refuseFolder(target);
    await removeStaleParts(target);
    return await Writer.open({ path: target, plan, geoKeys, options });
  } catch (error) {
    throw writeError(error, target);
  }
}

/** A folder of that name would only be noticed by the rename at the very end. */
async function refuseFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true)
    throw new AppError(
      'not-writable',
      `Cannot write ${path}: a folder of that name exists. Choose another name.`,
      { path },
    );
}

type Opening = {
  readonly path: string;
  readonly plan: CogPlan;
  readonly geoKeys: readonly GeoKey[];
  readonly options: CogWriterOptions;
};

type Parts = Opening & {
  readonly spool: Spool;
  readonly journal: Journal | undefined;
  readonly files: ResumeFiles | undefined;
};

const syncEveryMilliseconds = 5000;

class Writer implements CogWriter {
  readonly #parts: Parts;
  readonly #codec;
  readonly #tasks: Tasks;
  readonly #reduced: ReducedTiles;
  readonly #full: FullTiles;
  readonly #pool: TilePool;
  #state: 'open' | 'finished' | 'kept' | 'gone' = 'open';
  #synced = performance.now();

  static async open(opening: Opening): Promise<Writer> {
    const { path, plan, options } = opening;
    if (options.resume === undefined) {
      const spool = await Spool.createNameless(temporaryName(path));
      return new Writer({ ...opening, spool, journal: undefined, files: undefined });
    }
    const files = resumeFiles(path, options.resume.key, layoutOf(plan));
    await removeUnfinished(path, files);
    const earlier = await readEarlier(files);
    const spool = await Spool.open(files.spool, earlier.end);
    const journal = await Journal.open(files.journal, earlier.lines);
    const writer = new Writer({ ...opening, spool, journal, files });
    writer.#full.restore(earlier);
    return writer;
  }

  private constructor(parts: Parts) {
    const { plan, spool, journal, options } = parts;
    this.#parts = parts;
    this.#codec = createTileCodec(plan);
    const tileBytes = plan.tileSize ** 2 * bytesPerSample(plan.type);
    const atOnce = Math.max(2, Math.min(8, Math.floor((32 * 2 ** 20) / tileBytes)));
    this.#tasks = new Tasks(atOnce);
    this.#reduced = new ReducedTiles(plan);
    this.#pool = new TilePool(plan.type, plan.tileSize, plan.nodata ?? 0, atOnce);
    this.#full = new FullTiles({
      plan,
      codec: this.#codec,
      spool,
      tasks: this.#tasks,
      reduced: this.#reduced,
      pool: this.#pool,
      memoryBytes: options.memoryBytes ?? 32 * 2 ** 20,
      journal,
    });
  }

  async write(block: PixelBlock): Promise<void> {
    this.#refuseClosed();
    checkBlock(this.#parts.plan, block);
    await this.#orFail(async () => {
      this.#check();
      await this.#full.write(block);
      await this.#syncNowAndThen();
    });
  }

  done(window: Window): boolean {
    checkWindow(this.#parts.plan, window);
    return this.#full.done(window);
  }

  progress(): CogProgress {
    const scratchBytes = this.#state === 'finished' ? 0 : this.#parts.spool.length;
    return { share: this.#full.share(), scratchBytes };
  }

  async finish(): Promise<CogResult> {
    this.#refuseClosed();
    return this.#orFail(async () => {
      await this.#full.closeCovered();
      await this.#tasks.drain();
      await this.#closeOpen();
      const records = this.#full.records();
      const table: TileTable = this.#parts.plan.levels.map(() => []);
      table[0] = [...records];
      await buildPyramid({ ...this.#workshop(), check: () => this.#check() }, table);
      const statistics = this.#statistics(records);
      const bytes = await this.#publish(table, statistics);
      this.#state = 'finished';
      await this.#close(false);
      return { path: this.#parts.path, bytes, statistics };
    });
  }

  async suspend(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = this.#parts.files === undefined ? 'gone' : 'kept';
    await this.#tasks.settle();
    await this.#close(this.#state === 'kept');
  }

  async abort(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'gone';
      await this.#tasks.settle();
      await this.#close(false);
    } else if (this.#state === 'kept') {
      this.#state = 'gone';
      await removeUnfinished(this.#parts.path);
    }
  }

  #workshop() {
    const { plan, spool } = this.#parts;
    const [codec, tasks, reduced, pool] = [this.#codec, this.#tasks, this.#reduced, this.#pool];
    return { plan, spool, codec, tasks, reduced, pool };
  }

  async #closeOpen(): Promise<void> {
    const missing = this.#full.missing();
    if (missing === 0) return;
    const { plan, path } = this.#parts;
    if (plan.unwritten === 'error')
      throw new AppError(
        'usage',
        `Cannot finish ${path}: ${missing} of its tiles lack pixels. Write every window before finishing.`,
        { path, missing },
      );
    await this.#full.closeOpen();
    await this.#tasks.drain();
  }

  #statistics(records: readonly TileRecord[]): readonly (BandStatistics | undefined)[] {
    const { plan } = this.#parts;
    if (!plan.statistics) return plan.bands.map(() => undefined);
    const perBand = records.length / plan.bands.length;
    return plan.bands.map((_, band) => {
      const parts = records.slice(band * perBand, (band + 1) * perBand).map(({ totals }) => totals);
      return statisticsOf(parts, plan.grid.width * plan.grid.height);
    });
  }

  /** Writes the file under a temporary name, then gives all files their own. Returns the file's size. */
  async #publish(
    table: TileTable,
    statistics: readonly (BandStatistics | undefined)[],
  ): Promise<number> {
    const { path, plan, geoKeys } = this.#parts;
    const metadata = metadataXml(plan, statistics);
    const tileBytes = table.map((tiles) => tiles.map((tile) => tile!.length));
    const header = cogHeader(plan, { geoKeys, metadata, tileBytes });
    const temporary = temporaryName(path);
    let handle: FileHandle | undefined;
    try {
      handle = await open(temporary, 'wx');
      await assemble(handle, header, { ...this.#workshop(), table, check: this.#checkTile });
      await handle.sync();
      const { size } = await handle.stat();
      await handle.close();
      handle = undefined;
      this.#check();
      await writeSideFiles(path, plan);
      await rename(temporary, path);
      await syncFolder(dirname(path));
      return size;
    } catch (error) {
      await handle?.close().catch(() => undefined);
      await rm(temporary, { force: true }).catch(() => undefined);
      const alone = await stat(path).then(
        () => false,
        () => true,
      );
      if (alone) await removeSideFiles(path).catch(() => undefined);
      throw error;
    }
  }

  /** A scratch file that can be continued has a name, so somebody may have touched it. */
  readonly #checkTile = (tile: StoredTile, bytes: Uint8Array): void => {
    this.#check();
    if (this.#parts.journal !== undefined && tile.crc !== undefined && crc32(bytes) !== tile.crc)
      throw new AppError(
        'corrupt',
        `The scratch file of ${this.#parts.path} was changed while it was written. Run again from the start.`,
        { path: this.#parts.path },
      );
  };

  async #syncNowAndThen(): Promise<void> {
    const { journal, spool } = this.#parts;
    if (journal === undefined || performance.now() - this.#synced < syncEveryMilliseconds) return;
    this.#synced = performance.now();
    await this.#tasks.start(async () => {
      await spool.sync();
      await journal.sync();
    });
  }

  #check(): void {
    throwIfCancelled(this.#parts.path, this.#parts.options.signal);
  }

  #refuseClosed(): void {
    if (this.#state !== 'open')
      throw new AppError('usage', `${this.#parts.path} is closed and takes no more pixels.`, {
        path: this.#parts.path,
      });
  }

  /** Runs a step; when it fails, stops (keeping what a later run can continue from) and throws a coded error. */
  async #orFail<Result>(step: () => Promise<Result>): Promise<Result> {
    try {
      return await step();
    } catch (error) {
      const reported = writeError(error, this.#parts.path);
      if (reported.code === 'corrupt') await this.abort().catch(() => undefined);
      else await this.suspend().catch(() => undefined);
      throw reported;
    }
  }

  async #close(keep: boolean): Promise<void> {
    await this.#parts.spool.close(keep);
    await this.#parts.journal?.close(keep);
  }
}
