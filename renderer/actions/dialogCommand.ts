import type { WorkspaceState } from '../state/workspaceState.ts';
import type { Command } from './command.ts';

type DialogName = Exclude<WorkspaceState['dialog'], 'none'>;

const groups: Readonly<Record<DialogName, Command['group']>> = {
  open: 'Project',
  saveAs: 'Project',
  import: 'Project',
  exportRois: 'Project',
  copyRois: 'Edit',
  basemap: 'Layer',
  palette: 'Help',
  shortcuts: 'Help',
};

/** The command that opens a dialog. */
export const dialog = (
  id: string,
  label: string,
  name: DialogName,
  ...keys: string[]
): Command => ({
  id,
  label,
  group: groups[name],
  keys,
  run: ({ workspace }) => workspace.store.set({ dialog: name }),
});
