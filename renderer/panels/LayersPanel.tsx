import { type ReactElement, useState } from 'react';
import {
  Button,
  Input,
  Label,
  Slider,
  SliderOutput,
  SliderThumb,
  SliderTrack,
  TextField,
  Tree,
  TreeItem,
  TreeItemContent,
  useDragAndDrop,
} from 'react-aria-components';
import type { LayerRow } from '../../app/project/rows.ts';
import { addGroup, changeLayer, moveLayers } from '../edits/layers.ts';
import { childrenOf } from '../state/layerOrder.ts';
import { menuStore } from '../state/menu.ts';
import { useStore } from '../state/store.ts';
import { saidOfError, t } from '../words/translate.ts';
import { useDesk, useWorkspace } from './context.ts';
import { Icon } from './icons.tsx';
import { MoreButton } from './menus/MoreButton.tsx';
import { CommandButton } from './Toolbar.tsx';

/** The layer tree: what lies above is drawn above. */
export function LayersPanel(): ReactElement {
  const { workspace } = useDesk();
  const layers = useWorkspace((state) => state.document.layers);
  const selected = useWorkspace((state) => state.selectedLayer);
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) =>
      [...keys].map((key) => ({ 'text/plain': layers.get(String(key))?.name ?? '' })),
    onMove: ({ keys, target }) =>
      moveLayers(workspace, [...keys].map(String), String(target.key), target.dropPosition),
  });
  const row = layers.get(selected ?? '');
  return (
    <section className="panel layers" aria-label={t('Layers')}>
      <header>
        <h2>{t('Layers')}</h2>
        <CommandButton id="project.open" icon="folder" />
        <Button
          className="icon-button"
          aria-label={t('Add a group')}
          onPress={() => addGroup(workspace)}
        >
          <Icon name="add" />
        </Button>
      </header>
      <Tree
        aria-label={t('Layer tree')}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={selected === undefined ? [] : [selected]}
        onSelectionChange={(keys) =>
          workspace.store.set({
            selectedLayer: keys === 'all' ? undefined : ([...keys][0] as string | undefined),
          })
        }
        defaultExpandedKeys={[...layers.values()]
          .filter(({ kind }) => kind === 'group')
          .map(({ id }) => id)}
        dragAndDropHooks={dragAndDropHooks}
        renderEmptyState={() => (
          <p className="empty">{t('No layers yet. Drop a scene here, or press Ctrl+O.')}</p>
        )}
        className="tree"
      >
        {childrenOf(layers, undefined).map((child) => (
          <LayerItem key={child.id} row={child} />
        ))}
      </Tree>
      {row !== undefined && <Opacity key={row.id} row={row} />}
    </section>
  );
}

function LayerItem({ row }: { readonly row: LayerRow }): ReactElement {
  const { workspace } = useDesk();
  const layers = useWorkspace((state) => state.document.layers);
  const entry = useWorkspace((state) => state.scenes.get(row.uri ?? ''));
  const renaming = useStore(menuStore, (state) => state.renaming === row.id);
  const failed = entry?.state === 'failed';
  const toggle = (): void =>
    changeLayer(workspace, row.id, row.visible ? t('Hide layer') : t('Show layer'), {
      visible: !row.visible,
    });
  return (
    <TreeItem id={row.id} textValue={row.name} className="tree-item" data-menu={`layer:${row.id}`}>
      <TreeItemContent>
        <Button
          slot="drag"
          className="icon-button small"
          aria-label={t('Move {name}', { name: row.name })}
        >
          <Icon name="grip" />
        </Button>
        {row.kind === 'group' && (
          <Button slot="chevron" className="icon-button small chevron">
            ▸
          </Button>
        )}
        <Button
          className="icon-button small"
          aria-label={
            row.visible
              ? t('Hide {name}', { name: row.name })
              : t('Show {name}', { name: row.name })
          }
          onPress={toggle}
        >
          <Icon name={row.visible ? 'eye' : 'hidden'} />
        </Button>
        {renaming ? (
          <Rename row={row} done={() => menuStore.set({ renaming: undefined })} />
        ) : (
          <span
            className={failed ? 'name failed' : 'name'}
            title={failed ? saidOfError(entry.error) : row.uri}
          >
            {row.name}
            {failed && (
              <em> {entry.error.code === 'not-found' ? t('not there') : t('cannot be read')}</em>
            )}
            {entry?.state === 'opening' && <em> {t('opening…')}</em>}
          </span>
        )}
        <MoreButton subject={{ kind: 'layer', id: row.id }} name={row.name} />
      </TreeItemContent>
      {childrenOf(layers, row.id).map((child) => (
        <LayerItem key={child.id} row={child} />
      ))}
    </TreeItem>
  );
}

function Rename({
  row,
  done,
}: {
  readonly row: LayerRow;
  readonly done: () => void;
}): ReactElement {
  const { workspace } = useDesk();
  const [name, setName] = useState(row.name);
  const keep = (): void => {
    if (name.trim() !== '' && name !== row.name)
      changeLayer(workspace, row.id, t('Rename layer'), { name: name.trim() });
    done();
  };
  return (
    <TextField aria-label={t('Name of the layer')} value={name} onChange={setName} autoFocus>
      <Input
        onBlur={keep}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === 'Enter') keep();
          if (event.key === 'Escape') done();
        }}
      />
    </TextField>
  );
}

/** Follows the hand at once and becomes one edit when it rests. */
function Opacity({ row }: { readonly row: LayerRow }): ReactElement {
  const { workspace } = useDesk();
  const [value, setValue] = useState(Math.round(row.opacity * 100));
  return (
    <Slider
      className="slider wide"
      minValue={0}
      maxValue={100}
      value={value}
      onChange={(next) => setValue(next)}
      onChangeEnd={(next) =>
        changeLayer(workspace, row.id, t('Change opacity'), { opacity: next / 100 })
      }
    >
      <Label>{t('Opacity of {name}', { name: row.name })}</Label>
      <SliderOutput>{({ state }) => `${state.values[0]} %`}</SliderOutput>
      <SliderTrack className="slider-track">
        <SliderThumb className="slider-thumb" />
      </SliderTrack>
    </Slider>
  );
}
