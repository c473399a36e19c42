import type Interaction from 'ol/interaction/Interaction.js';
import type OpenLayersMap from 'ol/Map.js';
import type { Workspace } from '../../state/workspaceState.ts';
import type { RoiLayer } from '../roiLayer.ts';

/** What a tool works with. */
export type ToolContext = {
  readonly map: OpenLayersMap;
  readonly rois: RoiLayer;
  readonly workspace: Workspace;
};

/** A tool in use. */
export type Tool = {
  readonly interactions: readonly Interaction[];
  /** Does at the crosshair in the middle of the map what a click does there: the keyboard's way. */
  readonly act?: () => void;
  /** Enter, right click. Says whether there was something to complete. */
  readonly complete?: () => boolean;
  /** Backspace, Ctrl+Z while drawing. Says whether there was something to take back. */
  readonly takeBack?: () => boolean;
  /** Escape. */
  readonly cancel?: () => void;
  /** Goes on with vertices of a sketch that was interrupted. */
  readonly continueWith?: (vertices: readonly (readonly [number, number])[]) => void;
  readonly dispose?: () => void;
  readonly cursor: string;
};

export type MakeTool = (context: ToolContext) => Tool;
