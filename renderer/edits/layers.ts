import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { LayerRow, RowChange, SceneStyle } from '../../app/project/rows.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { t } from '../words/translate.ts';
import { changed, put, removed, setting } from './changes.ts';
import { newId } from './newId.ts';

/** How a scene looks as long as nothing is known of its values: a class map in its colours, else a composite without limits. */
export function plainStyle(info: SceneInfo): SceneStyle {
  const mode = info.classes !== undefined ? 'classes' : info.bands.length >= 3 ? 'rgb' : 'single';
  return {
    mode,
    rgb: info.defaultRgb,
    band: mode === 'classes' ? 0 : info.defaultRgb[0],
    expression: '',
    stretch: 'percent',
    limits: [],
    gamma: 1,
    palette: 'grey',
    hidden: [],
    colors: {},
  };
}

/** How a scene looks when it is opened: a class map in its colours, else a composite cut at 2 and 98 %. */
export async function defaultStyle(workspace: Workspace, info: SceneInfo): Promise<SceneStyle> {
  const style = plainStyle(info);
  return { ...style, limits: await limitsOf(workspace, info, style) };
}

/** Limits of the bands shown, by the stretch of the style, over the whole scene or a part of it. */
export async function limitsOf(
  { host }: Workspace,
  info: SceneInfo,
  style: SceneStyle,
  bounds?: readonly [number, number, number, number],
): Promise<SceneStyle['limits']> {
  if (style.stretch === 'manual' || style.mode === 'classes') return style.limits;
  const part =
    bounds === undefined ? {} : { bounds: [...bounds] as [number, number, number, number] };
  const figures =
    style.mode === 'index'
      ? [
          (
            await host.call('scene.indexStatistics', {
              scene: info.scene,
              expression: style.expression,
              ...part,
            })
          ).figures,
        ]
      : (
          await host.call('scene.statistics', {
            scene: info.scene,
            bands: style.mode === 'rgb' ? [...style.rgb] : [style.band],
            ...part,
          })
        ).bands;
  return figures.map(({ min, max, mean, std, p2, p98 }): [number, number] => {
    if (style.stretch === 'minmax') return [min, max];
    if (style.stretch === 'sigma') return [mean - 2 * std, mean + 2 * std];
    return [p2, p98];
  });
}

/** The order of a new image: above all others, below the ROIs where they lie on top. */
function orderOfNewImage(layers: ReadonlyMap<string, LayerRow>): number {
  const sorted = [...layers.values()]
    .filter(({ parent }) => parent === undefined)
    .sort((a, b) => b.order - a.order);
  const below = sorted.findIndex(({ kind }) => kind !== 'rois');
  const above = below < 0 ? sorted.at(-1) : sorted[below - 1];
  const next = below < 0 ? undefined : sorted[below];
  if (above === undefined) return (next?.order ?? 0) + 1;
  return next === undefined ? above.order - 1 : (above.order + next.order) / 2;
}

/** Puts the layer of the ROIs into a project that has none, to be there when the first is drawn. */
export function roisLayer(layers: ReadonlyMap<string, LayerRow>): readonly RowChange[] {
  if ([...layers.values()].some(({ kind }) => kind === 'rois')) return [];
  const order = Math.max(0, ...orders(layers)) + 1;
  const shown = { visible: true, opacity: 1 };
  return [put('layers', { id: newId(), order, name: t('ROIs'), kind: 'rois', ...shown })];
}

const orders = (layers: ReadonlyMap<string, LayerRow>): number[] =>
  [...layers.values()].map(({ order }) => order);

/** What is known of a new layer beforehand. */
export type NewLook = { readonly look?: Partial<SceneStyle>; readonly visible?: boolean };

/**
 * Shows a raster: a new layer above all others. The first scene also gives the project its CRS. A layer that needs limits gets its
 * style by `firstStyles`, while its tiles are on their way.
 */
export async function addScene(
  workspace: Workspace,
  uri: string,
  name?: string,
  { look, visible = true }: NewLook = {},
): Promise<LayerRow> {
  const info = await workspace.openScene(uri);
  const style = { ...plainStyle(info), ...look };
  const { document } = workspace.store.get();
  const row: LayerRow = {
    id: newId(),
    order: orderOfNewImage(document.layers),
    name: name ?? info.name,
    kind: 'scene',
    visible,
    opacity: 1,
    uri,
    ...(style.mode === 'classes' || style.stretch === 'manual' ? { style } : {}),
  };
  const first = document.settings.get('crs') === undefined && info.crs !== undefined;
  workspace.edit(t('Add {name}', { name: row.name }), [
    put('layers', row),
    ...(first ? [setting('crs', undefined, info.crs)] : []),
  ]);
  workspace.store.set({ selectedLayer: row.id });
  return row;
}

/** Shows class maps in a group of their own, the last on top: one step of undo. */
export async function addMaps(
  workspace: Workspace,
  name: string,
  maps: readonly { readonly uri: string; readonly name: string }[],
): Promise<readonly SceneInfo[]> {
  const infos: SceneInfo[] = [];
  for (const { uri } of maps) infos.push(await workspace.openScene(uri));
  const { document } = workspace.store.get();
  const shown = { visible: true, opacity: 1 };
  const order = orderOfNewImage(document.layers);
  const group: LayerRow = { id: newId(), order, name, kind: 'group', ...shown };
  const rows = maps.map(
    (map, index): LayerRow => ({
      ...{ ...map, ...shown, id: newId(), order: index + 1, parent: group.id, kind: 'scene' },
      style: plainStyle(infos[index]!),
    }),
  );
  const crs = infos.find((info) => info.crs !== undefined)?.crs;
  const first = document.settings.get('crs') === undefined && crs !== undefined;
  workspace.edit(t('Add {name}', { name }), [
    ...[group, ...rows].map((row) => put('layers', row)),
    ...(first ? [setting('crs', undefined, crs)] : []),
  ]);
  workspace.store.set({ selectedLayer: group.id });
  return infos;
}

export function changeLayer(
  workspace: Workspace,
  id: string,
  label: string,
  part: Partial<LayerRow>,
): void {
  const row = workspace.store.get().document.layers.get(id);
  if (row !== undefined) workspace.edit(label, [changed('layers', row, { ...row, ...part })]);
}

export function changeStyle(
  workspace: Workspace,
  id: string,
  label: string,
  part: Partial<SceneStyle>,
): void {
  const style = workspace.store.get().document.layers.get(id)?.style;
  if (style !== undefined) changeLayer(workspace, id, label, { style: { ...style, ...part } });
}

/** A layer and all that lies in it. */
function withChildren(layers: ReadonlyMap<string, LayerRow>, id: string): readonly LayerRow[] {
  const row = layers.get(id);
  if (row === undefined) return [];
  const children = [...layers.values()].filter(({ parent }) => parent === id);
  return [row, ...children.flatMap((child) => withChildren(layers, child.id))];
}

export function removeLayer(workspace: Workspace, id: string): void {
  const rows = withChildren(workspace.store.get().document.layers, id);
  if (rows.length === 0) return;
  workspace.edit(
    t('Remove {name}', { name: rows[0]!.name }),
    rows.map((row) => removed('layers', row)),
  );
  workspace.notify(
    t('{name} was removed from the project. Its file stays.', { name: rows[0]!.name }),
    {
      label: t('Undo'),
      run: workspace.undo,
    },
  );
}

export function duplicateLayer(workspace: Workspace, id: string): void {
  const row = workspace.store.get().document.layers.get(id);
  if (row === undefined) return;
  const copy = {
    ...row,
    id: newId(),
    name: t('{name} (copy)', { name: row.name }),
    order: row.order + 1e-3,
  };
  workspace.edit(t('Duplicate {name}', { name: row.name }), [put('layers', copy)]);
}

export function addGroup(workspace: Workspace): void {
  const { layers } = workspace.store.get().document;
  const order = Math.max(0, ...orders(layers)) + 1;
  const row: LayerRow = {
    id: newId(),
    order,
    name: t('Group'),
    kind: 'group',
    visible: true,
    opacity: 1,
  };
  workspace.edit(t('Add group'), [put('layers', row)]);
}

/** Puts layers before or after another one, or into a group. */
export function moveLayers(
  workspace: Workspace,
  ids: readonly string[],
  target: string,
  place: 'before' | 'after' | 'on',
): void {
  const { layers } = workspace.store.get().document;
  const goal = layers.get(target);
  if (
    goal === undefined ||
    ids.some((id) => withChildren(layers, id).some((row) => row.id === target))
  )
    return;
  const parent = place === 'on' && goal.kind === 'group' ? goal.id : goal.parent;
  const siblings = [...layers.values()]
    .filter((row) => row.parent === parent && !ids.includes(row.id))
    .sort((a, b) => b.order - a.order);
  const at = place === 'on' ? 0 : siblings.indexOf(goal) + (place === 'after' ? 1 : 0);
  const moved = ids.map((id) => layers.get(id)).filter((row) => row !== undefined);
  const sorted = [...siblings.slice(0, at), ...moved, ...siblings.slice(at)];
  const changes: RowChange[] = sorted.flatMap((row, index) => {
    const { parent: _, ...rest } = row;
    const order = sorted.length - index;
    if (row.order === order && row.parent === parent) return [];
    return [
      changed('layers', row, { ...rest, order, ...(parent === undefined ? {} : { parent }) }),
    ];
  });
  workspace.edit(t('Move layer'), changes);
}
