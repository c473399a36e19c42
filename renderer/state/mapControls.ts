import type { SceneInfo } from '../../app/contract/desk/scenes.ts';

/** A pixel of a scene by the position of its middle, in the CRS of the scene. */
export type MarkedPoint = {
  readonly info: SceneInfo;
  readonly position: readonly [number, number];
};

/** A place of the map. */
export type MapPlace = {
  /** Map units. */
  readonly position: readonly [number, number];
  /** Longitude and latitude, degrees; absent where the map counts in pixels. */
  readonly geographic?: readonly [number, number];
  /** The ROI that is drawn there. */
  readonly roi?: string;
};

/** What panels and commands may ask of the map; the map itself follows the workspace. */
export type MapControls = {
  readonly zoomToScene: (info: SceneInfo) => void;
  readonly zoomToNative: (info: SceneInfo) => void;
  readonly zoomToRois: (ids: readonly string[]) => void;
  /** Moves to a position, `steps` zoom steps nearer. */
  readonly zoomToPosition: (position: readonly [number, number], steps?: number) => void;
  /** Whether positions of the map have a place in a scene: not where only one of them is georeferenced. */
  readonly canReach: (info: SceneInfo) => boolean;
  /** The way from a CRS that was shown before to that of the map; undefined where there is none. */
  readonly transformFrom: (
    crs: string | undefined,
  ) => ((position: readonly [number, number]) => [number, number]) | undefined;
  /** A position of the map in the CRS of a scene. */
  readonly toScene: (position: readonly [number, number], info: SceneInfo) => [number, number];
  /** Marks a pixel in the middle of the map; undefined takes the mark away. */
  readonly showPoint: (point: MarkedPoint | undefined) => void;
  readonly zoomBy: (steps: number) => void;
  /** What is in view, as west, south, east, north in degrees; undefined where the map counts in pixels. */
  readonly viewInDegrees: () => readonly [number, number, number, number] | undefined;
  /** A place by its pixel of the window, else the one under the crosshair; undefined while there is no map. */
  readonly placeAt: (pixel?: readonly [x: number, y: number]) => MapPlace | undefined;
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
