import type { BlockCache } from './blockCache.ts';
import type { ByteSource } from './byteSource.ts';

type Shared = {
  readonly cache: BlockCache;
  /** Compressed blocks decoded so far. */
  decoded: number;
  /** The work before the next, so that no block is decoded twice at the same time. */
  queue: Promise<void>;
};

/** What the images of a scene share: the bytes they come from, the cache, and the order of their reads. */
export class ReadState {
  readonly source: ByteSource;
  readonly shared: Shared;

  constructor(
    source: ByteSource,
    cache: BlockCache,
    shared: Shared = { cache, decoded: 0, queue: Promise.resolve() },
  ) {
    this.source = source;
    this.shared = shared;
  }

  /** The state of images in a file beside this one. */
  beside(source: ByteSource): ReadState {
    return new ReadState(source, this.shared.cache, this.shared);
  }

  /** Runs after all earlier work on the scene. */
  async inTurn(work: () => Promise<void>): Promise<void> {
    const before = this.shared.queue;
    let release = (): void => undefined;
    this.shared.queue = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    try {
      await work();
    } finally {
      release();
    }
  }
}
