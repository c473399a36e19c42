import { createContext, useContext } from 'react';
import type { CommandContext } from '../actions/command.ts';
import { useStore } from '../state/store.ts';
import type { WorkspaceState } from '../state/workspaceState.ts';

export const DeskContext = createContext<CommandContext | undefined>(undefined);

/** What every panel works with. */
export function useDesk(): CommandContext {
  const desk = useContext(DeskContext);
  if (desk === undefined) throw new Error('A panel was drawn outside the desk.');
  return desk;
}

/** A part of the workspace's state; the panel is drawn again when it changes. */
export function useWorkspace<Part>(select: (state: WorkspaceState) => Part): Part {
  return useStore(useDesk().workspace.store, select);
}
