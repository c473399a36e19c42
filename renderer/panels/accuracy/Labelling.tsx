import { type KeyboardEvent, type ReactElement, useEffect, useMemo, useRef } from 'react';
import type { ClassRow, PointRow } from '../../../app/project/rows.ts';
import { formatColor } from '../../../app/raster/palette.ts';
import { sortedClasses } from '../../edits/classes.ts';
import { sceneToMap } from '../../state/sceneToMap.ts';
import { watch } from '../../state/store.ts';
import { viewStore } from '../../state/view.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { labellingOrder, labelPoint, missingClasses, takeClassesOf } from './assessment.ts';
import type { ClassMap } from './classMaps.ts';

/** Points one after the other, each shown on the image alone; what the map says there is shown nowhere. */
export function Labelling({
  map,
  at,
  onMove: setAt,
}: {
  readonly map: ClassMap;
  /** Place of the point that is shown; undefined while none is labelled. */
  readonly at: number | undefined;
  readonly onMove: (place: number | undefined) => void;
}): ReactElement {
  const { workspace } = useDesk();
  const points = useWorkspace((state) => state.document.points);
  const rows = useWorkspace((state) => state.document.classes);
  const classes = useMemo(() => sortedClasses(rows), [rows]);
  const order = useMemo(() => labellingOrder(points), [points]);
  const done = order.filter(({ classId }) => classId !== undefined).length;
  const missing = missingClasses(map, classes);
  const progress = t('{done} of {all} points are labelled.', { done, all: order.length });
  if (missing.length > 0)
    return (
      <>
        <p>
          {t('The class list lacks classes of the map: {names}.', {
            names: missing.map(({ name }) => name).join(', '),
          })}
        </p>
        <div className="actions">
          <button type="button" onClick={() => takeClassesOf(workspace, map)}>
            {t('Add them to the class list')}
          </button>
        </div>
      </>
    );
  const point = at === undefined ? undefined : order[Math.min(at, order.length - 1)];
  if (point === undefined)
    return (
      <>
        <p role="status">{progress}</p>
        <div className="actions">
          <button
            type="button"
            className="primary"
            onClick={() => setAt(Math.max(0, nextUnlabelled(order, -1)))}
          >
            {done === 0
              ? t('Label points')
              : done < order.length
                ? t('Go on labelling')
                : t('Look at the points again')}
          </button>
        </div>
      </>
    );
  return (
    <PointForm
      map={map}
      point={point}
      place={order.indexOf(point)}
      order={order}
      classes={classes}
      onMove={setAt}
    />
  );
}

/** Place of the next point without a label after `place`, else of the first of all; -1 where every point has one. */
function nextUnlabelled(order: readonly PointRow[], place: number): number {
  const open = (row: PointRow): boolean => row.classId === undefined;
  const later = order.findIndex((row, index) => index > place && open(row));
  return later >= 0 ? later : order.findIndex(open);
}

/** While points are labelled the map shows the image alone, and the cursor reads the image. */
function useBlindMap({ map, point }: { readonly map: ClassMap; readonly point: PointRow }): void {
  const desk = useDesk();
  useEffect(() => {
    const { store } = desk.workspace;
    const image = sceneToMap(desk);
    const layer = [...store.get().document.layers.values()].find(({ uri }) => uri === image);
    store.set({ selectedLayer: layer?.id, tool: 'pan' });
    // Letting go of Space would show the map again.
    const unwatch = watch(
      viewStore,
      ({ bare }) => bare,
      (bare) => {
        if (!bare) viewStore.set({ bare: true });
      },
    );
    return () => {
      unwatch();
      viewStore.set({ bare: false });
      desk.map.showPoint(undefined);
    };
  }, [desk]);
  const { x, y } = point;
  useEffect(() => desk.map.showPoint({ info: map.info, position: [x, y] }), [desk, map.info, x, y]);
}

function PointForm({
  map,
  point,
  place,
  order,
  classes,
  onMove,
}: {
  readonly map: ClassMap;
  readonly point: PointRow;
  readonly place: number;
  readonly order: readonly PointRow[];
  readonly classes: readonly ClassRow[];
  readonly onMove: (place: number | undefined) => void;
}): ReactElement {
  const { workspace } = useDesk();
  const section = useRef<HTMLElement>(null);
  useBlindMap({ map, point });
  useEffect(() => section.current?.focus(), []);
  const count = order.length;
  const step = (by: number): void => onMove((place + by + count) % count);
  const label = (row: ClassRow | undefined): void => {
    labelPoint(workspace, point, row?.id);
    const rest = order.map((one) => (one === point ? { ...one, classId: row?.id ?? '' } : one));
    const next = nextUnlabelled(rest, place);
    onMove(next < 0 ? undefined : next);
    section.current?.focus();
  };
  const press = (event: KeyboardEvent): void => {
    const onButton = (event.target as Element).closest('button') !== null;
    const number = /^[1-9]$/.test(event.key) ? classes[Number(event.key) - 1] : undefined;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (number !== undefined) label(number);
    else if (event.key === 'Enter' && !onButton) step(1);
    else if (event.key === 'Backspace') step(-1);
    else if (event.key === 'Escape') onMove(undefined);
    else return;
    event.preventDefault();
  };
  const labelled = order.filter(({ classId }) => classId !== undefined).length;
  return (
    <section
      ref={section}
      className="labelling"
      aria-label={t('Labelling')}
      tabIndex={-1}
      onKeyDown={press}
    >
      <p role="status">
        <strong>{t('Point {number} of {all}', { number: place + 1, all: count })}</strong>
        {' · '}
        {t('{done} labelled', { done: labelled })}
      </p>
      <p>{t('What is inside the outlined pixel?')}</p>
      <fieldset className="class-buttons">
        <legend className="visually-hidden">{t('Class of the point')}</legend>
        {classes.map((row, index) => (
          <button
            key={row.id}
            type="button"
            aria-pressed={point.classId === row.id}
            onClick={() => label(row)}
          >
            <svg width={12} height={12} aria-hidden="true">
              <rect width={12} height={12} rx={2} fill={formatColor(row.color)} />
            </svg>
            <span>{row.name}</span>
            {index < 9 && <kbd>{index + 1}</kbd>}
          </button>
        ))}
      </fieldset>
      <div className="actions">
        <button type="button" onClick={() => step(-1)}>
          {t('Previous')} <kbd>⌫</kbd>
        </button>
        <button type="button" onClick={() => step(1)}>
          {t('Next')} <kbd>↵</kbd>
        </button>
        <button
          type="button"
          disabled={point.classId === undefined}
          onClick={() => labelPoint(workspace, point, undefined)}
        >
          {t('Forget the label')}
        </button>
        <button type="button" onClick={() => onMove(undefined)}>
          {t('Stop labelling')} <kbd>Esc</kbd>
        </button>
      </div>
    </section>
  );
}
