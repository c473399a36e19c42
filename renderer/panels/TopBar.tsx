import type { ReactElement } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { keyLabel } from '../actions/keys.ts';
import { commandById, keysOf } from '../actions/table.ts';
import { t } from '../words/translate.ts';
import { useDesk, useWorkspace } from './context.ts';

export const menus: readonly (readonly [string, readonly string[]])[] = [
  [
    'Project',
    [
      'project.new',
      'project.open',
      'project.saveAs',
      '-',
      'rois.import',
      'rois.export',
      'panel.export',
      '-',
      'project.sample',
      'project.sample.hyperspectral',
      'project.sample.pair',
    ],
  ],
  [
    'Edit',
    [
      'edit.undo',
      'edit.redo',
      '-',
      'roi.all',
      'roi.copy',
      'roi.paste',
      'roi.copyTo',
      'roi.merge',
      'roi.class',
      'roi.remove',
      '-',
      'draw.snap',
      'draw.overlap',
    ],
  ],
  [
    'Layer',
    [
      'layer.basemap',
      '-',
      'view.layer',
      'view.native',
      'layer.visible',
      'layer.rename',
      'layer.duplicate',
      'layer.group',
      'layer.remove',
    ],
  ],
  [
    'View',
    [
      'view.in',
      'view.out',
      'view.rois',
      '-',
      'compare.swipe',
      'compare.spyglass',
      'compare.linked',
      '-',
      'panel.style',
      'panel.spectra',
      'panel.train',
      'panel.pretrain',
      'panel.models',
      'panel.change',
      'panel.batch',
      'panel.accuracy',
      'panel.jobs',
      'panel.settings',
    ],
  ],
  ['Run', ['run.train', 'run.view', 'run.scene', 'panel.batch']],
  ['Help', ['help.palette', 'help.shortcuts', 'panel.help']],
];

/** Menus, and the name of the project. */
export function TopBar(): ReactElement {
  const project = useWorkspace((state) => state.project);
  return (
    <header className="top">
      <h1 className="brand">Prismap</h1>
      <nav aria-label={t('Menus')}>
        {menus.map(([name, ids]) => (
          <CommandMenu key={name} name={name} ids={ids} />
        ))}
      </nav>
      <span className="spring" />
      <span className="project-name" title={project?.path ?? project?.folder}>
        {project?.path === undefined ? t('Unnamed project (kept)') : project.name}
      </span>
    </header>
  );
}

function CommandMenu({
  name,
  ids,
}: {
  readonly name: string;
  readonly ids: readonly string[];
}): ReactElement {
  const desk = useDesk();
  return (
    <MenuTrigger>
      <Button className="menu-button">{t(name)}</Button>
      <Popover className="popover">
        <Menu aria-label={t(name)} onAction={(id) => commandById(String(id)).run(desk)}>
          {ids.map((id, index) =>
            id === '-' ? (
              <Separator key={`${name}${index}`} />
            ) : (
              <MenuItem key={id} id={id} textValue={t(commandById(id).label)}>
                <span>{t(commandById(id).label)}</span>
                <kbd>{keysOf(commandById(id)).map(keyLabel)[0]}</kbd>
              </MenuItem>
            ),
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
