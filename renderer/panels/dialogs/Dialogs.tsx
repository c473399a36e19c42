import type { ReactElement } from 'react';
import { useWorkspace } from '../context.ts';
import { AddBasemap } from './AddBasemap.tsx';
import { CommandPalette } from './CommandPalette.tsx';
import { CopyRois } from './CopyRois.tsx';
import { ExportRois } from './ExportRois.tsx';
import { ImportRois } from './ImportRois.tsx';
import { OpenDialog } from './OpenDialog.tsx';
import { SaveAsDialog } from './SaveAsDialog.tsx';
import { ShortcutSheet } from './ShortcutSheet.tsx';

/** The one dialog that is open, if any. */
export function Dialogs(): ReactElement | null {
  const dialog = useWorkspace((state) => state.dialog);
  if (dialog === 'palette') return <CommandPalette />;
  if (dialog === 'shortcuts') return <ShortcutSheet />;
  if (dialog === 'open') return <OpenDialog />;
  if (dialog === 'saveAs') return <SaveAsDialog />;
  if (dialog === 'import') return <ImportRois />;
  if (dialog === 'exportRois') return <ExportRois />;
  if (dialog === 'copyRois') return <CopyRois />;
  if (dialog === 'basemap') return <AddBasemap />;
  return null;
}
