import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import type { CommandContext } from '../../actions/command.ts';
import { keyLabel } from '../../actions/keys.ts';
import { commandById, keysOf } from '../../actions/table.ts';
import { changeClass, mergeClasses, sortedClasses } from '../../edits/classes.ts';
import { setClassOfSelected } from '../../edits/rois.ts';
import type { MenuSubject } from '../../state/menu.ts';
import { t } from '../../words/translate.ts';
import { controlsOf, steerJob } from '../jobs/jobControls.ts';

/** A line of a menu: an action, a menu of its own, or a line between two. */
export type MenuEntry =
  | '-'
  | {
      readonly id: string;
      readonly label: string;
      readonly keys?: string;
      readonly run: () => void;
    }
  | { readonly id: string; readonly label: string; readonly entries: readonly MenuEntry[] };

export const macroclasses = ['Water', 'Built-up', 'Vegetation', 'Soil', 'Other'];

/** Commands as lines, those left out that cannot be done now. */
function commandsIn(desk: CommandContext, ids: readonly string[]): readonly MenuEntry[] {
  return ids.flatMap((id): MenuEntry[] => {
    if (id === '-') return ['-'];
    const command = commandById(id);
    if (command.when?.(desk) === false) return [];
    const [keys] = keysOf(command).map(keyLabel);
    return [
      {
        id,
        label: t(command.label),
        ...(keys === undefined ? {} : { keys }),
        run: () => command.run(desk),
      },
    ];
  });
}

const layerIds = [
  'view.layer',
  'view.native',
  'panel.style',
  'layer.again',
  '-',
  'layer.visible',
  'layer.rename',
  'layer.duplicate',
  'layer.group',
  '-',
  'layer.remove',
];

function classEntries(desk: CommandContext, id: string): readonly MenuEntry[] {
  const { workspace } = desk;
  const { classes } = workspace.store.get().document;
  const row = classes.get(id);
  if (row === undefined) return [];
  const setMacroclass = (name: string | undefined): void => {
    const { macroclass: _, ...rest } = row;
    changeClass(workspace, id, t('Change macroclass'), { ...rest, macroclass: name });
  };
  const others = sortedClasses(classes).filter((other) => other.id !== id);
  const macroclassMenu: MenuEntry = {
    id: 'macroclass',
    label: t('Macroclass'),
    entries: [
      { id: 'none', label: t('None'), run: () => setMacroclass(undefined) },
      ...macroclasses.map((name) => ({
        id: name,
        label: t(name),
        run: () => setMacroclass(name),
      })),
    ],
  };
  const mergeMenu: MenuEntry = {
    id: 'merge',
    label: t('Merge into'),
    entries: others.map((other) => ({
      id: other.id,
      label: other.name,
      run: () => mergeClasses(workspace, id, other.id),
    })),
  };
  return [
    ...commandsIn(desk, ['class.rois', 'class.zoom', '-', 'class.visible', 'class.rename']),
    macroclassMenu,
    ...(others.length > 0 ? [mergeMenu] : []),
    ...commandsIn(desk, ['-', 'class.remove']),
  ];
}

function roiEntries(desk: CommandContext): readonly MenuEntry[] {
  const { workspace } = desk;
  const { document, selectedRois } = workspace.store.get();
  const { classes } = document;
  const several = selectedRois.size > 1;
  const classMenu: MenuEntry = {
    id: 'class',
    label: t('Class of the ROI'),
    entries: sortedClasses(classes).map(({ id, name }) => ({
      id,
      label: name,
      run: () => setClassOfSelected(workspace, id),
    })),
  };
  return [
    ...commandsIn(desk, ['view.rois', 'tool.vertices', ...(several ? ['roi.merge'] : [])]),
    classMenu,
    ...commandsIn(desk, ['-', 'roi.copy', 'roi.copyTo', 'roi.everyScene', '-', 'map.identify']),
    ...commandsIn(desk, ['map.coordinates', 'map.geographic', '-', 'roi.remove']),
  ];
}

const mapIds = [
  'map.identify',
  'map.coordinates',
  'map.geographic',
  '-',
  'map.zoomHere',
  'map.centre',
  'view.layer',
  '-',
  'roi.paste',
  'roi.all',
];

const jobEntries = (desk: CommandContext, job: JobRecord): readonly MenuEntry[] =>
  controlsOf(job).map(([control, label]) => ({
    id: control,
    label: t(label),
    run: () => steerJob(desk.workspace, control, job.id),
  }));

/** A menu: what it is about, in words, and its lines. */
export type MenuContent = { readonly title: string; readonly entries: readonly MenuEntry[] };

/**
 * The one list of what can be done with something: what the ⋮ button, a right click and Shift+F10 show. Commands act on what is
 * selected, so that is selected first.
 */
export function menuOf(desk: CommandContext, subject: MenuSubject): MenuContent | undefined {
  const { store } = desk.workspace;
  const { document, jobs, selectedRois } = store.get();
  switch (subject.kind) {
    case 'layer':
      store.set({ selectedLayer: subject.id });
      return {
        title: document.layers.get(subject.id)?.name ?? '',
        entries: commandsIn(desk, layerIds),
      };
    case 'class':
      store.set({ selectedClass: subject.id });
      return {
        title: document.classes.get(subject.id)?.name ?? '',
        entries: classEntries(desk, subject.id),
      };
    case 'roi': {
      const { roi = '' } = subject.place;
      if (!selectedRois.has(roi)) store.set({ selectedRois: new Set([roi]) });
      const count = store.get().selectedRois.size;
      return { title: t('Selected ROIs: {count}', { count }), entries: roiEntries(desk) };
    }
    case 'map':
      return { title: t('Map'), entries: commandsIn(desk, mapIds) };
    case 'job': {
      const job = jobs.find(({ id }) => id === subject.id);
      return job && { title: job.title, entries: jobEntries(desk, job) };
    }
  }
}
