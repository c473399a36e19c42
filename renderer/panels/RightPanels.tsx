import { lazy, type ReactElement, Suspense } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import type { PanelName } from '../state/workspaceState.ts';
import { t } from '../words/translate.ts';
import { useDesk, useWorkspace } from './context.ts';
import { StylePanel } from './StylePanel.tsx';

const SpectraPanel = lazy(() =>
  import('./spectra/SpectraPanel.tsx').then((m) => ({ default: m.SpectraPanel })),
);
const TrainPanel = lazy(() =>
  import('./train/TrainPanel.tsx').then((m) => ({ default: m.TrainPanel })),
);
const PretrainPanel = lazy(() =>
  import('./pretrain/PretrainPanel.tsx').then((m) => ({ default: m.PretrainPanel })),
);
const ModelsPanel = lazy(() =>
  import('./models/ModelsPanel.tsx').then((m) => ({ default: m.ModelsPanel })),
);
const ChangePanel = lazy(() =>
  import('./change/ChangePanel.tsx').then((m) => ({ default: m.ChangePanel })),
);
const BatchPanel = lazy(() =>
  import('./batch/BatchPanel.tsx').then((m) => ({ default: m.BatchPanel })),
);
const AccuracyPanel = lazy(() =>
  import('./accuracy/AccuracyPanel.tsx').then((m) => ({ default: m.AccuracyPanel })),
);
const JobsPanel = lazy(() =>
  import('./jobs/JobsPanel.tsx').then((m) => ({ default: m.JobsPanel })),
);
const ExportPanel = lazy(() =>
  import('./export/ExportPanel.tsx').then((m) => ({ default: m.ExportPanel })),
);
const SettingsPanel = lazy(() =>
  import('./settings/SettingsPanel.tsx').then((m) => ({ default: m.SettingsPanel })),
);
const HelpPanel = lazy(() =>
  import('./help/HelpPanel.tsx').then((m) => ({ default: m.HelpPanel })),
);

export const panels: readonly (readonly [PanelName, string, () => ReactElement])[] = [
  ['style', 'Style', () => <StylePanel />],
  ['spectra', 'Spectra', () => <SpectraPanel />],
  ['train', 'Train', () => <TrainPanel />],
  ['pretrain', 'Pre-train', () => <PretrainPanel />],
  ['models', 'Models', () => <ModelsPanel />],
  ['change', 'Change', () => <ChangePanel />],
  ['batch', 'Batch', () => <BatchPanel />],
  ['accuracy', 'Accuracy', () => <AccuracyPanel />],
  ['jobs', 'Jobs', () => <JobsPanel />],
  ['export', 'Export', () => <ExportPanel />],
  ['settings', 'Settings', () => <SettingsPanel />],
  ['help', 'Help', () => <HelpPanel />],
];

/** The panels on the right, one at a time. */
export function RightPanels(): ReactElement {
  const { workspace } = useDesk();
  const panel = useWorkspace((state) => state.panel);
  return (
    <Tabs
      className="right"
      selectedKey={panel}
      onSelectionChange={(key) => workspace.store.set({ panel: key as PanelName })}
    >
      <TabList className="tabs" aria-label={t('Panels')}>
        {panels.map(([name, label]) => (
          <Tab key={name} id={name} className="tab">
            {t(label)}
          </Tab>
        ))}
      </TabList>
      {panels.map(([name, , draw]) => (
        <TabPanel key={name} id={name} className="tab-panel">
          <Suspense fallback={<p className="empty">{t('Loading…')}</p>}>{draw()}</Suspense>
        </TabPanel>
      ))}
    </Tabs>
  );
}
