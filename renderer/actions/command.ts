import type { MapControls } from '../state/mapControls.ts';
import type { Workspace } from '../state/workspaceState.ts';

/** What a command works with. */
export type CommandContext = { readonly workspace: Workspace; readonly map: MapControls };

/** Something that a person can do: the toolbar, the menus, the palette and the keys all come from these. */
export type Command = {
  readonly id: string;
  readonly label: string;
  readonly group: 'Project' | 'Edit' | 'View' | 'Draw' | 'Layer' | 'Run' | 'Help';
  /** As `Mod+Shift+Z`; `Mod` is Ctrl, or Cmd on a Mac. Several are possible. */
  readonly keys?: readonly string[];
  readonly when?: (context: CommandContext) => boolean;
  readonly run: (context: CommandContext) => void;
};
