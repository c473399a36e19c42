import type { Random } from '../app/random.ts';

/** A hostile input: the files of one case, by name. */
export type HostileCase = {
  /** What it was made of, for people. */
  readonly seed: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
};

/** What a reader says of pixels, to be compared with another program's word. */
export type Facts = {
  readonly width: number;
  readonly height: number;
  readonly type: string;
  /** MD5 of each band. */
  readonly digests: readonly string[];
};

/** A reader of this program under attack. It lives in a process of its own. */
export type Attacked = {
  /** Depends on `random` and `index` only. */
  readonly make: (random: Random, index: number) => HostileCase;
  /**
   * Reads a case as the program would. Resolves where it is accepted, throws an `AppError` where it is refused; anything else is a
   * find. May write into `folder` only.
   */
  readonly read: (folder: string, files: HostileCase['files']) => Promise<Facts | undefined | void>;
  /** Undamaged inputs that have to be read before anything is mutated: else nothing would be attacked. */
  readonly wellFormed: readonly HostileCase[];
};

/** How many cases: beside the tests, in a run of the command, and with `--long`. */
export type Counts = { readonly short: number; readonly usual: number; readonly long: number };

/** A row of the table of targets. */
export type Target = {
  readonly name: string;
  /** `npm run fuzz -- GROUP` runs all of a group. */
  readonly group: string;
  readonly counts: Counts;
  /** File of a case that rasterio opens too, and the driver that it may use. */
  readonly compared?: {
    readonly file: string;
    readonly driver: string;
    /** Names a difference that is a fault of GDAL's, where the files of a case show it. */
    readonly known?: (folder: string) => string | undefined;
  };
  /** Reads from memory: cases are not written to a disk. */
  readonly inMemory?: boolean;
  /** Its reading writes files beside the case. */
  readonly writes?: boolean;
  /** It cannot run under Node's permission model; its folder is looked at all the same. */
  readonly unconfined?: boolean;
  /** Its reading starts threads, which reserve address space that is not used: only resident memory is judged. */
  readonly startsThreads?: boolean;
  /** Why it cannot run on this machine. */
  readonly missing?: () => string | undefined;
  /** @param folder of its own, emptied before each case */
  readonly open: (folder: string) => Promise<Attacked>;
};

/** Ways in which a case is bad. */
export type FindKind =
  | 'crash'
  | 'hang'
  | 'memory'
  | 'untyped error'
  | 'unhandled rejection'
  | 'code ran'
  | 'file outside'
  | 'other pixels';

/** A case that is neither read nor refused as it should be. */
export type Find = {
  readonly target: string;
  readonly seed: number;
  readonly index: number;
  readonly made: string;
  readonly kind: FindKind;
  readonly message: string;
  /** The smallest files found that show the same. */
  readonly smallest?: HostileCase['files'] | undefined;
  /** It happened again alone, in a new process. */
  readonly repeated: boolean;
};

/** The name by which a case is made again. */
export const caseName = (target: string, seed: number, index: number): string =>
  `${target}:${seed}:${index}`;
