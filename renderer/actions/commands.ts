import { sortedClasses } from '../edits/classes.ts';
import { mergeSelectedRois, removeSelectedRois, setClassOfSelected } from '../edits/rois.ts';
import { roisInUse } from '../state/roisInUse.ts';
import { viewStore } from '../state/view.ts';
import type { PanelName, ToolName } from '../state/workspaceState.ts';
import type { Command } from './command.ts';
import { copyCommands } from './copyRois.ts';
import { dialog } from './dialogCommand.ts';
import { mapCommands } from './mapCommands.ts';
import { newProject, openSample } from './project.ts';
import { classCommands, layerCommands } from './rowCommands.ts';
import { mapScene, trainModel } from './run.ts';

const tool = (name: ToolName, label: string, ...keys: string[]): Command => ({
  id: `tool.${name}`,
  label,
  group: 'Draw',
  keys,
  run: ({ workspace }) => workspace.store.set({ tool: name }),
});

const panel = (name: PanelName, label: string, ...keys: string[]): Command => ({
  id: `panel.${name}`,
  label,
  group: 'View',
  keys,
  run: ({ workspace }) => workspace.store.set({ panel: name }),
});

const chooseClass = (number: number): Command => ({
  id: `class.${number}`,
  label: `Draw in class ${number}`,
  group: 'Draw',
  keys: [String(number)],
  run: ({ workspace }) => {
    const row = sortedClasses(workspace.store.get().document.classes)[number - 1];
    if (row !== undefined) workspace.store.set({ selectedClass: row.id });
  },
});

const brush = (factor: number) => (): void => {
  const size = Math.round(viewStore.get().brushSize * factor);
  viewStore.set({ brushSize: Math.min(400, Math.max(2, size)) });
};

const compare = (
  mode: 'swipe' | 'spyglass' | 'linked',
  label: string,
  ...keys: string[]
): Command => ({
  id: `compare.${mode}`,
  label,
  group: 'View',
  keys,
  run: () => viewStore.set({ compare: viewStore.get().compare === mode ? 'none' : mode }),
});

/** Every command of the desk. Keys are those of QGIS where it has one (see the shortcut sheet), and all can be changed. */
export const commands: readonly Command[] = [
  {
    id: 'project.new',
    label: 'New project',
    group: 'Project',
    keys: ['Mod+Alt+N'],
    run: newProject,
  },
  dialog('project.open', 'Open scene, project or ROIs…', 'open', 'Mod+O'),
  dialog('project.saveAs', 'Save project as…', 'saveAs', 'Mod+Shift+S', 'Mod+S'),
  dialog('rois.import', 'Import ROIs…', 'import'),
  dialog('rois.export', 'Export ROIs…', 'exportRois'),
  {
    id: 'project.sample',
    label: 'Open the sample project',
    group: 'Project',
    run: (context) => openSample(context, 'sentinel2'),
  },
  {
    id: 'project.sample.hyperspectral',
    label: 'Open the hyperspectral sample project',
    group: 'Project',
    run: (context) => openSample(context, 'hyperspectral'),
  },
  {
    id: 'project.sample.pair',
    label: 'Open the sample of two dates',
    group: 'Project',
    run: (context) => openSample(context, 'pair'),
  },
  {
    id: 'edit.undo',
    label: 'Undo',
    group: 'Edit',
    keys: ['Mod+Z'],
    run: ({ workspace, map }) => {
      if (!map.takeBack()) workspace.undo();
    },
  },
  {
    id: 'edit.redo',
    label: 'Redo',
    group: 'Edit',
    keys: ['Mod+Shift+Z', 'Mod+Y'],
    run: ({ workspace }) => workspace.redo(),
  },
  {
    id: 'roi.remove',
    label: 'Remove the selected ROIs',
    group: 'Edit',
    keys: ['Delete'],
    run: ({ workspace }) => removeSelectedRois(workspace),
  },
  {
    id: 'roi.merge',
    label: 'Merge the selected ROIs',
    group: 'Edit',
    keys: ['M'],
    run: ({ workspace }) => mergeSelectedRois(workspace),
  },
  {
    id: 'roi.class',
    label: 'Give the selected ROIs the class in use',
    group: 'Edit',
    keys: ['K'],
    run: ({ workspace }) => {
      const id = workspace.store.get().selectedClass;
      if (id !== undefined) setClassOfSelected(workspace, id);
    },
  },
  {
    id: 'roi.all',
    label: 'Select all ROIs',
    group: 'Edit',
    keys: ['Mod+A'],
    run: ({ workspace }) =>
      workspace.store.set({ selectedRois: new Set(roisInUse(workspace).keys()) }),
  },
  ...copyCommands,
  tool('pan', 'Pan', 'Escape'),
  tool('select', 'Select ROIs', 'V'),
  tool('polygon', 'Polygon', 'P'),
  tool('rectangle', 'Rectangle', 'T'),
  tool('circle', 'Circle', 'C'),
  tool('freehand', 'Freehand', 'R'),
  tool('brush', 'Brush', 'B'),
  tool('eraser', 'Eraser', 'E'),
  tool('wand', 'Region growing (magic wand)', 'W'),
  tool('vertices', 'Edit vertices', 'N'),
  tool('hole', 'Cut a hole', 'O'),
  tool('split', 'Split', 'X'),
  {
    id: 'draw.act',
    label: 'Set a vertex at the crosshair',
    group: 'Draw',
    keys: ['A'],
    run: ({ map }) => map.act(),
  },
  {
    id: 'draw.complete',
    label: 'Complete the sketch',
    group: 'Draw',
    keys: ['Enter'],
    run: ({ map }) => map.complete(),
  },
  {
    id: 'draw.takeBack',
    label: 'Take back the last vertex',
    group: 'Draw',
    keys: ['Backspace'],
    run: ({ map, workspace }) => {
      if (!map.takeBack()) removeSelectedRois(workspace);
    },
  },
  { id: 'brush.smaller', label: 'Smaller brush', group: 'Draw', keys: ['['], run: brush(0.8) },
  { id: 'brush.larger', label: 'Larger brush', group: 'Draw', keys: [']'], run: brush(1.25) },
  {
    id: 'draw.snap',
    label: 'Snapping on or off',
    group: 'Draw',
    keys: ['S'],
    run: () => viewStore.set({ snapping: !viewStore.get().snapping }),
  },
  {
    id: 'draw.overlap',
    label: 'Avoid overlap on or off',
    group: 'Draw',
    run: () => viewStore.set({ avoidOverlap: !viewStore.get().avoidOverlap }),
  },
  ...Array.from({ length: 9 }, (_, i) => chooseClass(i + 1)),
  ...classCommands,
  ...layerCommands,
  ...mapCommands,
  {
    id: 'view.in',
    label: 'Zoom in',
    group: 'View',
    keys: ['+', '='],
    run: ({ map }) => map.zoomBy(1),
  },
  {
    id: 'view.out',
    label: 'Zoom out',
    group: 'View',
    keys: ['-'],
    run: ({ map }) => map.zoomBy(-1),
  },
  {
    id: 'view.rois',
    label: 'Zoom to the selected ROIs',
    group: 'View',
    run: ({ map, workspace }) => map.zoomToRois([...workspace.store.get().selectedRois]),
  },
  compare('swipe', 'Swipe', 'H'),
  compare('spyglass', 'Spy-glass', 'J'),
  compare('linked', 'Linked second view', 'L'),
  panel('style', 'Style panel', 'F7'),
  panel('spectra', 'Spectra panel', 'F8'),
  panel('train', 'Train and map panel', 'F9'),
  panel('pretrain', 'Pre-training panel'),
  panel('models', 'Model gallery'),
  panel('change', 'Change panel'),
  panel('batch', 'Batch panel'),
  panel('accuracy', 'Accuracy panel', 'F10'),
  panel('jobs', 'Jobs panel', 'F11'),
  panel('export', 'Export panel'),
  panel('settings', 'Settings panel', 'Mod+,'),
  panel('help', 'Help for the panel in use', 'F1'),
  { id: 'run.train', label: 'Train', group: 'Run', keys: ['Mod+Shift+T'], run: trainModel },
  {
    id: 'run.view',
    label: 'Map what is in view',
    group: 'Run',
    keys: ['Mod+Enter'],
    run: (context) => mapScene(context, 'view'),
  },
  {
    id: 'run.scene',
    label: 'Map the whole scene',
    group: 'Run',
    keys: ['Mod+Shift+Enter'],
    run: (context) => mapScene(context, 'scene'),
  },
  dialog('help.palette', 'Command palette', 'palette', 'Mod+K'),
  dialog('help.shortcuts', 'Keyboard shortcuts', 'shortcuts', '?'),
];
