import { type DragEvent, lazy, type ReactElement, Suspense, useState } from 'react';
import { Group, Panel, Separator } from 'react-resizable-panels';
import { openDropped } from '../actions/openFiles.ts';
import { t } from '../words/translate.ts';
import { ClassesPanel } from './ClassesPanel.tsx';
import { useDesk, useWorkspace } from './context.ts';
import { LayersPanel } from './LayersPanel.tsx';
import { type Attach, MapPanel } from './MapPanel.tsx';
import { ContextMenu } from './menus/ContextMenu.tsx';
import { Notices } from './Notices.tsx';
import { RecoveredSketch } from './RecoveredSketch.tsx';
import { RightPanels } from './RightPanels.tsx';
import { StatusBar } from './StatusBar.tsx';
import { Toolbar } from './Toolbar.tsx';
import { TopBar } from './TopBar.tsx';

const Dialogs = lazy(() => import('./dialogs/Dialogs.tsx').then((m) => ({ default: m.Dialogs })));
const Welcome = lazy(() => import('./welcome/Welcome.tsx').then((m) => ({ default: m.Welcome })));

/** The whole window. */
export function Desk({
  attach,
  attachLinked,
}: {
  readonly attach: Attach;
  readonly attachLinked: Attach;
}): ReactElement {
  const desk = useDesk();
  const [dropping, setDropping] = useState(false);
  const empty = useWorkspace(({ document }) => document.layers.size === 0);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setDropping(false);
    openDropped(desk, event.dataTransfer).catch(desk.workspace.report);
  };
  return (
    <div
      className={dropping ? 'desk dropping' : 'desk'}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={(event) => {
        if (event.relatedTarget === null) setDropping(false);
      }}
      onDrop={drop}
    >
      <TopBar />
      <main className="workbench">
        <Toolbar />
        <Group className="frame" orientation="horizontal">
          <Panel defaultSize="18%" minSize="200px" className="left">
            <LayersPanel />
            <ClassesPanel />
          </Panel>
          <Separator className="separator" aria-label={t('Width of the layer panel')} />
          <Panel minSize="300px" className="middle">
            <div className="middle-place">
              <MapPanel attach={attach} attachLinked={attachLinked} />
              <RecoveredSketch />
              {empty && (
                <Suspense>
                  <Welcome />
                </Suspense>
              )}
              <Notices />
            </div>
          </Panel>
          <Separator className="separator" aria-label={t('Width of the side panel')} />
          <Panel defaultSize="26%" minSize="280px">
            <RightPanels />
          </Panel>
        </Group>
      </main>
      <StatusBar />
      <ContextMenu />
      <Suspense>
        <Dialogs />
      </Suspense>
    </div>
  );
}
