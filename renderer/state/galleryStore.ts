import { createStore, type Store } from './store.ts';

/** Of the model gallery, and no part of the project. */
export type GalleryState = {
  /** Grows when weights were imported: the list is asked for anew. */
  readonly round: number;
  /** Weights or a model that were dropped or opened, to be looked at before they are imported. */
  readonly offered: string;
};

export const galleryStore: Store<GalleryState> = createStore<GalleryState>({
  round: 0,
  offered: '',
});
