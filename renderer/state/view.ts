import { createStore, type Store } from './store.ts';

/** What lies under the pointer. */
export type CursorState = {
  readonly position: readonly [number, number] | undefined;
  readonly geographic: readonly [number, number] | undefined;
  readonly pixel: readonly [column: number, row: number] | undefined;
  /** Physical values of all bands of the selected scene. */
  readonly values: readonly (number | null)[] | undefined;
  readonly className: string | undefined;
  /** Value of the spectral index that the selected layer shows; null where there is none. */
  readonly index: number | null | undefined;
  readonly scene: string | undefined;
};

/** How the map is looked at: not part of the project. */
export type ViewState = {
  readonly compare: 'none' | 'swipe' | 'spyglass' | 'linked';
  /** Layer above the swipe line, under the glass, or alone in the second view; the selected one where absent. */
  readonly compareLayer: string | undefined;
  /** Share of the width, 0 to 1, at which the swipe line stands. */
  readonly swipe: number;
  /** Where the threshold of a layer stands while it is being moved; the edit follows when it rests. */
  readonly threshold: { readonly layer: string; readonly value: number } | undefined;
  readonly brushSize: number;
  readonly snapping: boolean;
  readonly avoidOverlap: boolean;
  readonly wandTolerance: number;
  readonly wandMinPixels: number;
  readonly wandMaxPixels: number;
  readonly preview: 'off' | 'once' | 'live';
  readonly previewState: 'none' | 'working' | 'fresh' | 'stale';
  /** Extent in view, map units. */
  readonly extent: readonly [number, number, number, number] | undefined;
  /** Size of the map on screen, CSS pixels. */
  readonly size: readonly [number, number];
  /** Size on the ground of a pixel of the screen, in the middle of the view. */
  readonly resolution: { readonly size: number; readonly unit: 'metres' | 'pixels' } | undefined;
  readonly fps: number | undefined;
  /** While Space is held: the scene without anything over it. */
  readonly bare: boolean;
};

export const viewStore: Store<ViewState> = createStore<ViewState>({
  compare: 'none',
  compareLayer: undefined,
  swipe: 0.5,
  threshold: undefined,
  brushSize: 24,
  snapping: true,
  avoidOverlap: false,
  wandTolerance: 2,
  wandMinPixels: 1,
  wandMaxPixels: 20_000,
  preview: 'off',
  previewState: 'none',
  extent: undefined,
  size: [0, 0],
  resolution: undefined,
  fps: undefined,
  bare: false,
});

export const cursorStore: Store<CursorState> = createStore<CursorState>({
  position: undefined,
  geographic: undefined,
  pixel: undefined,
  values: undefined,
  className: undefined,
  index: undefined,
  scene: undefined,
});
