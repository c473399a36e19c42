import type { ClassRow, LayerRow } from '../../app/project/rows.ts';
import { changeClass, removeClass } from '../edits/classes.ts';
import { addGroup, changeLayer, duplicateLayer, removeLayer } from '../edits/layers.ts';
import { menuStore } from '../state/menu.ts';
import { t } from '../words/translate.ts';
import type { Command, CommandContext } from './command.ts';
import { dialog } from './dialogCommand.ts';

/** A command about a row that is selected; not offered where `when` says no. */
type OnRow<Row> = Pick<Command, 'id' | 'label' | 'group' | 'keys'> & {
  readonly when?: (context: CommandContext, row: Row) => boolean;
  readonly run: (context: CommandContext, row: Row) => void;
};

const onRow =
  <Row>(rowOf: (context: CommandContext) => Row | undefined) =>
  ({ when, run, ...rest }: OnRow<Row>): Command => ({
    ...rest,
    when: (context) => {
      const row = rowOf(context);
      return row !== undefined && when?.(context, row) !== false;
    },
    run: (context) => {
      const row = rowOf(context);
      if (row !== undefined) run(context, row);
    },
  });

const onLayer = onRow<LayerRow>(({ workspace }) => {
  const { document, selectedLayer } = workspace.store.get();
  return document.layers.get(selectedLayer ?? '');
});

const onClass = onRow<ClassRow>(({ workspace }) => {
  const { document, selectedClass } = workspace.store.get();
  return document.classes.get(selectedClass ?? '');
});

const entryOf = ({ workspace }: CommandContext, row: LayerRow) =>
  workspace.store.get().scenes.get(row.uri ?? '');

const sceneOf = (context: CommandContext, row: LayerRow) => {
  const entry = entryOf(context, row);
  return entry?.state === 'open' ? entry.info : undefined;
};
const isOpen = (context: CommandContext, row: LayerRow): boolean =>
  sceneOf(context, row) !== undefined;

/** What can be done with the selected layer. */
export const layerCommands: readonly Command[] = [
  onLayer({
    id: 'view.layer',
    label: 'Zoom to layer',
    group: 'View',
    keys: ['F'],
    when: isOpen,
    run: (context, row) => context.map.zoomToScene(sceneOf(context, row)!),
  }),
  onLayer({
    id: 'view.native',
    label: 'Zoom to native resolution',
    group: 'View',
    keys: ['G'],
    when: isOpen,
    run: (context, row) => context.map.zoomToNative(sceneOf(context, row)!),
  }),
  onLayer({
    id: 'layer.visible',
    label: 'Show or hide the layer',
    group: 'Layer',
    keys: ['Mod+Space'],
    run: ({ workspace }, { id, visible }) =>
      changeLayer(workspace, id, visible ? t('Hide layer') : t('Show layer'), {
        visible: !visible,
      }),
  }),
  onLayer({
    id: 'layer.again',
    label: 'Open the layer again',
    group: 'Layer',
    when: (context, row) => entryOf(context, row)?.state === 'failed',
    run: ({ workspace }, { uri }) => {
      if (uri === undefined) return;
      const scenes = new Map(workspace.store.get().scenes);
      scenes.delete(uri);
      workspace.store.set({ scenes });
      workspace.openScene(uri).catch(workspace.report);
    },
  }),
  onLayer({
    id: 'layer.rename',
    label: 'Rename the layer',
    group: 'Layer',
    run: (_, { id }) => menuStore.set({ renaming: id }),
  }),
  onLayer({
    id: 'layer.duplicate',
    label: 'Duplicate the layer',
    group: 'Layer',
    keys: ['Mod+D'],
    when: (_, { kind }) => kind !== 'group',
    run: ({ workspace }, { id }) => duplicateLayer(workspace, id),
  }),
  onLayer({
    id: 'layer.remove',
    label: 'Remove the layer',
    group: 'Layer',
    run: ({ workspace }, { id }) => removeLayer(workspace, id),
  }),
  dialog('layer.basemap', 'Add basemap…', 'basemap'),
  {
    id: 'layer.group',
    label: 'Add a group',
    group: 'Layer',
    run: ({ workspace }) => addGroup(workspace),
  },
];

const roisOf = ({ workspace }: CommandContext, { id }: ClassRow): string[] =>
  [...workspace.store.get().document.rois.values()]
    .filter(({ classId }) => classId === id)
    .map((roi) => roi.id);

/** What can be done with the class in use. */
export const classCommands: readonly Command[] = [
  onClass({
    id: 'class.rename',
    label: 'Rename the class',
    group: 'Draw',
    run: (_, { id }) => menuStore.set({ renaming: id }),
  }),
  onClass({
    id: 'class.visible',
    label: 'Show or hide the class',
    group: 'Draw',
    run: ({ workspace }, { id, visible }) =>
      changeClass(workspace, id, visible ? t('Hide class') : t('Show class'), {
        visible: !visible,
      }),
  }),
  onClass({
    id: 'class.rois',
    label: 'Select the ROIs of the class',
    group: 'Draw',
    run: (context, row) =>
      context.workspace.store.set({ selectedRois: new Set(roisOf(context, row)) }),
  }),
  onClass({
    id: 'class.zoom',
    label: 'Zoom to the ROIs of the class',
    group: 'View',
    run: (context, row) => context.map.zoomToRois(roisOf(context, row)),
  }),
  onClass({
    id: 'class.remove',
    label: 'Remove the class with its ROIs',
    group: 'Draw',
    run: ({ workspace }, { id }) => removeClass(workspace, id),
  }),
];
