import { type ReactElement, useEffect, useMemo, useState } from 'react';
import {
  Button,
  GridList,
  GridListItem,
  Input,
  TextField,
  useDragAndDrop,
} from 'react-aria-components';
import type { ClassRow } from '../../app/project/rows.ts';
import { formatColor, parseColor } from '../../app/raster/palette.ts';
import { addClass, changeClass, moveClass, sortedClasses } from '../edits/classes.ts';
import { menuStore } from '../state/menu.ts';
import { useStore } from '../state/store.ts';
import { countText } from '../words/numbers.ts';
import { t } from '../words/translate.ts';
import { CountRois, useClassCount } from './classCounts.ts';
import { useDesk, useWorkspace } from './context.ts';
import { Icon } from './icons.tsx';
import { MoreButton } from './menus/MoreButton.tsx';

/** The class list: the class chosen here is the one that is drawn. */
export function ClassesPanel(): ReactElement {
  const { workspace } = useDesk();
  const classes = useWorkspace((state) => state.document.classes);
  const selected = useWorkspace((state) => state.selectedClass);
  const sorted = useMemo(() => sortedClasses(classes), [classes]);
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) =>
      [...keys].map((key) => ({ 'text/plain': classes.get(String(key))?.name ?? '' })),
    onReorder: ({ keys, target }) => {
      if (target.dropPosition !== 'on')
        moveClass(workspace, [...keys].map(String), String(target.key), target.dropPosition);
    },
  });
  return (
    <section className="panel classes" aria-label={t('Classes')}>
      <CountRois />
      <header>
        <h2>{t('Classes')}</h2>
        <Button
          className="icon-button"
          aria-label={t('Add a class')}
          onPress={() => addClass(workspace)}
        >
          <Icon name="add" />
        </Button>
      </header>
      <GridList
        aria-label={t('Class list')}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={selected === undefined ? [] : [selected]}
        onSelectionChange={(keys) => {
          const [id] = [...keys];
          if (id !== undefined) workspace.store.set({ selectedClass: String(id) });
        }}
        dragAndDropHooks={dragAndDropHooks}
        renderEmptyState={() => (
          <p className="empty">
            {t('No classes yet. Add one for each kind of cover that the map should show.')}
          </p>
        )}
        className="list"
      >
        {sorted.map((row, index) => (
          <ClassItem key={row.id} row={row} number={index + 1} />
        ))}
      </GridList>
    </section>
  );
}

function ClassItem({
  row,
  number,
}: {
  readonly row: ClassRow;
  readonly number: number;
}): ReactElement {
  const { workspace } = useDesk();
  const renaming = useStore(menuStore, (state) => state.renaming === row.id);
  return (
    <GridListItem
      id={row.id}
      textValue={row.name}
      className="list-item"
      data-menu={`class:${row.id}`}
    >
      <Button
        slot="drag"
        className="icon-button small"
        aria-label={t('Move {name}', { name: row.name })}
      >
        <Icon name="grip" />
      </Button>
      <ColorField row={row} />
      {renaming ? (
        <ClassName row={row} done={() => menuStore.set({ renaming: undefined })} />
      ) : (
        <span className="name">
          <span className="class-name">
            {number <= 9 && <kbd>{number}</kbd>} {row.name}
            {row.macroclass !== undefined && <em> · {row.macroclass}</em>}
          </span>
          <ClassFigures id={row.id} />
        </span>
      )}
      <Button
        className="icon-button small"
        aria-label={
          row.visible ? t('Hide {name}', { name: row.name }) : t('Show {name}', { name: row.name })
        }
        onPress={() =>
          changeClass(workspace, row.id, row.visible ? t('Hide class') : t('Show class'), {
            visible: !row.visible,
          })
        }
      >
        <Icon name={row.visible ? 'eye' : 'hidden'} />
      </Button>
      <MoreButton subject={{ kind: 'class', id: row.id }} name={row.name} />
    </GridListItem>
  );
}

function ClassFigures({ id }: { readonly id: string }): ReactElement {
  const { rois, pixels } = useClassCount(id);
  return <small>{t('{rois} ROIs · {pixels} px', { rois, pixels: countText(pixels) })}</small>;
}

function ColorField({ row }: { readonly row: ClassRow }): ReactElement {
  const { workspace } = useDesk();
  const [value, setValue] = useState(formatColor(row.color));
  useEffect(() => setValue(formatColor(row.color)), [row.color]);
  return (
    <input
      type="color"
      className="swatch"
      aria-label={t('Colour of {name}', { name: row.name })}
      value={value}
      onChange={(event) => setValue(event.target.value)}
      onBlur={() => {
        if (value !== formatColor(row.color))
          changeClass(workspace, row.id, t('Change colour'), { color: [...parseColor(value)] });
      }}
    />
  );
}

function ClassName({
  row,
  done,
}: {
  readonly row: ClassRow;
  readonly done: () => void;
}): ReactElement {
  const { workspace } = useDesk();
  const [name, setName] = useState(row.name);
  const keep = (): void => {
    const clean = name.trim();
    if (clean !== '' && clean !== row.name)
      changeClass(workspace, row.id, t('Rename class'), { name: clean });
    done();
  };
  return (
    <TextField aria-label={t('Name of the class')} value={name} onChange={setName} autoFocus>
      <Input
        onFocus={(event) => event.target.select()}
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
