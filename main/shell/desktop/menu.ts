import { Menu, type MenuItemConstructorOptions } from 'electron';

/** A line of a menu: a command of the window by its name, one of Electron's own roles, or a line between. */
export type MenuRow =
  | readonly [label: string, command: string]
  | { readonly role: NonNullable<MenuItemConstructorOptions['role']> }
  | '-';

/** Keys are the window's own business: they can be changed there. */
export const menus: readonly (readonly [label: string, rows: readonly MenuRow[]])[] = [
  [
    '&File',
    [
      ['New project', 'project.new'],
      ['Open scene, project or ROIs…', 'project.open'],
      ['Save project as…', 'project.saveAs'],
      '-',
      ['Import ROIs…', 'rois.import'],
      ['Export ROIs…', 'rois.export'],
      '-',
      { role: 'quit' },
    ],
  ],
  [
    '&Edit',
    [
      ['Undo', 'edit.undo'],
      ['Redo', 'edit.redo'],
      '-',
      { role: 'cut' },
      { role: 'copy' },
      { role: 'paste' },
      { role: 'selectAll' },
    ],
  ],
  [
    '&View',
    [
      ['Zoom in', 'view.in'],
      ['Zoom out', 'view.out'],
      ['Zoom to layer', 'view.layer'],
      '-',
      { role: 'togglefullscreen' },
      { role: 'minimize' },
    ],
  ],
];

/** @param run does a command of the window */
export function setMenu(run: (command: string) => void): void {
  const item = (row: MenuRow): MenuItemConstructorOptions => {
    if (row === '-') return { type: 'separator' };
    if ('role' in row) return { role: row.role };
    const [label, command] = row;
    return { label, click: () => run(command) };
  };
  const template = menus.map(([label, rows]) => ({ label, submenu: rows.map(item) }));
  const ofSystem: MenuItemConstructorOptions[] =
    process.platform === 'darwin' ? [{ role: 'appMenu' }] : [];
  Menu.setApplicationMenu(Menu.buildFromTemplate([...ofSystem, ...template]));
}
