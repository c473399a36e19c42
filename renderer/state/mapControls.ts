import type { SceneInfo } from '../../app/contract/desk/scenes.ts';

/** A pixel of a scene by the position of its middle, in the CRS of the scene. */
export type MarkedPoint = {
  readonly info: SceneInfo;
  readonly position: readonly [number, number];
};

/** What panels and commands may ask of the map; the map itself follows the workspace. */
export type MapControls = {
  readonly zoomToScene: (info: SceneInfo) => void;
  readonly zoomToNative: (info: SceneInfo) => void;
  readonly zoomToRois: (ids: readonly string[]) => void;
  readonly zoomToPosition: (position: readonly [number, number]) => void;
  /** Marks a pixel in the middle of the map; undefined takes the mark away. */
  readonly showPoint: (point: MarkedPoint | undefined) => void;
  readonly zoomBy: (steps: number) => void;
  /** Does what a click does, at the crosshair in the middle of the map. */
  readonly act: () => void;
  readonly complete: () => void;
  /** Takes back the last vertex of a sketch; false where nothing is being drawn. */
  readonly takeBack: () => boolean;
  readonly cancelSketch: () => void;
  /** Draws on with vertices that a crash interrupted. */
  readonly continueSketch: (vertices: readonly (readonly [number, number])[]) => void;
  readonly focus: () => void;
};
