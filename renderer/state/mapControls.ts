import type { SceneInfo } from '../../app/contract/desk/scenes.ts';

/** What panels and commands may ask of the map; the map itself follows the workspace. */
export type MapControls = {
  zoomToScene(info: SceneInfo): void;
  zoomToNative(info: SceneInfo): void;
  zoomToRois(ids: readonly string[]): void;
  zoomToPosition(position: readonly [number, number]): void;
  zoomBy(steps: number): void;
  /** Does what a click does, at the crosshair in the middle of the map. */
  act(): void;
  complete(): void;
  /** Takes back the last vertex of a sketch; false where nothing is being drawn. */
  takeBack(): boolean;
  cancelSketch(): void;
  /** Draws on with vertices that a crash interrupted. */
  continueSketch(vertices: readonly (readonly [number, number])[]): void;
  focus(): void;
};
