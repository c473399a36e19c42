import { fileState } from '../../workers/scenes/fileStamp.ts';

/** What became of the files of a scene. */
export type SceneChange = 'changed' | 'gone' | 'back';

type Watched = {
  readonly files: readonly string[];
  readonly onChange: (state: SceneChange, stamp: string | undefined) => void;
  /** As last told; undefined = gone. */
  told: string | undefined;
  /** As last seen. */
  seen: string | undefined;
};

const pollMs = 2000;

/**
 * Looks at the files of open scenes every two seconds (notifications of the system do not reach network folders). A file
 * that is being written is told of once it has stayed the same for one round.
 */
export class SceneWatch {
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  readonly #interval: number;

  constructor(interval = pollMs) {
    this.#interval = interval;
  }

  /** @param scene without a stamp: it is not there now */
  watch(
    key: string,
    scene: { readonly files: readonly string[]; readonly stamp: string | undefined },
    onChange: Watched['onChange'],
  ): void {
    this.#watched.set(key, { files: scene.files, onChange, told: scene.stamp, seen: scene.stamp });
    this.#timer ??= setTimeout(() => void this.#poll(), this.#interval).unref();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#watched.clear();
  }

  async #poll(): Promise<void> {
    for (const [key, watched] of [...this.#watched]) {
      const { stamp } = await fileState(watched.files);
      if (this.#watched.get(key) === watched) tell(watched, stamp);
    }
    this.#timer =
      this.#watched.size === 0
        ? undefined
        : setTimeout(() => void this.#poll(), this.#interval).unref();
  }
}

function tell(watched: Watched, stamp: string | undefined): void {
  const settled = stamp === watched.seen;
  watched.seen = stamp;
  if (stamp === watched.told || !settled) return;
  const state = stamp === undefined ? 'gone' : watched.told === undefined ? 'back' : 'changed';
  watched.told = stamp;
  watched.onChange(state, stamp);
}
