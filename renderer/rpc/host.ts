import type { BasemapAddress } from '../../app/contract/basemapAddress.ts';
import type { DeskCall, DeskEvent, DeskInput, DeskOutput } from '../../app/contract/deskApi.ts';
import type { TileAddress } from '../../app/contract/tileAddress.ts';

/**
 * `connecting` at the start; `connected`; `lost`: tried again by itself; `refused`: this window has no key any more, a new address is
 * needed.
 */
export type HostState = 'connecting' | 'connected' | 'lost' | 'refused';

/** Samples as app/contract/tileAddress.ts says. */
export type TileBody = { readonly bytes: ArrayBuffer; readonly sampleType: string };

export type UploadOptions = {
  /** Files of one drop lie together, as an ENVI header and its data have to: the same letters and digits for each. */
  readonly group?: string;
  /** Names of the folders that a file of a dropped folder lies in, and its own, joined by `/`. */
  readonly name?: string;
  readonly onProgress?: (sentBytes: number, bytes: number) => void;
  readonly signal?: AbortSignal;
};

/** The program behind the window, whichever shell it is in. */
export type Host = {
  readonly kind: 'desktop' | 'served';
  /**
   * Asks for something. While there is no connection it waits for one, also without a key: there may come a new one. A call that was under way when the connection was
   * lost fails with `network`, for it may or may not have been done.
   * @throws AppError what the call threw; `cancelled`; `network`
   */
  call<Name extends DeskCall>(
    name: Name,
    input: DeskInput<Name>,
    signal?: AbortSignal,
  ): Promise<DeskOutput<Name>>;
  /** Gives a function that ends it. */
  onEvent(listener: (event: DeskEvent) => void): () => void;
  /** Undefined where the tile lies outside the scene. @throws AppError */
  fetchTile(address: TileAddress, signal: AbortSignal): Promise<TileBody | undefined>;
  /** A picture or vector tile; undefined where the basemap has none there. @throws AppError */
  fetchBasemap(address: BasemapAddress, signal: AbortSignal): Promise<Blob | undefined>;
  /** The path of a file that was dropped or chosen; in the served mode it is copied to the data folder first. @throws AppError */
  upload(file: File, options?: UploadOptions): Promise<string>;
  state(): HostState;
  /** Gives a function that ends it. */
  onState(listener: (state: HostState) => void): () => void;
  /**
   * What is done after a connection was lost and made again, before the calls that wait: the host may be another one by now. `task` says
   * itself what failed.
   */
  onReconnect(task: (call: Host['call']) => Promise<void>): void;
};

/** What the preload of the desktop application gives to the page; main/shell/preload.cjs. */
export type PrismapBridge = {
  /** Asks for a port; it comes as a message of this window with the data `prismap-port`. */
  connect(): void;
  /** Path of a dropped file; empty for one that is on no disk. */
  pathOf(file: File): string;
};
