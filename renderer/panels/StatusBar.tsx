import type { ReactElement } from 'react';
import { useStore } from '../state/store.ts';
import { cursorStore, type ViewState, viewStore } from '../state/view.ts';
import type { WorkspaceState } from '../state/workspaceState.ts';
import { countText, shortText } from '../words/numbers.ts';
import { t } from '../words/translate.ts';
import { useDesk, useWorkspace } from './context.ts';

const most = 6;

function degrees(value: number, positive: string, negative: string): string {
  return `${Math.abs(value).toFixed(5)}° ${value < 0 ? negative : positive}`;
}

function geographicText(place: readonly [number, number] | undefined): string {
  if (place === undefined) return '';
  return `${degrees(place[1], t('N'), t('S'))}, ${degrees(place[0], t('E'), t('W'))}`;
}

function shortNumber(value: number | null): string {
  return value === null ? '–' : shortText(value, 5);
}

/** Points of the screen a metre, at the 96 an inch that browsers and QGIS count with. */
const pointsPerMetre = 96 / 0.0254;

function resolutionText(resolution: ViewState['resolution']): string {
  if (resolution === undefined) return '';
  const size = shortText(resolution.size, 3);
  if (resolution.unit === 'pixels') return t('1 : {size} px', { size });
  const denominator = Number((resolution.size * pointsPerMetre).toPrecision(3));
  return t('{size} m/px · 1:{scale}', { size, scale: countText(denominator) });
}

/** Coordinates in the scene's CRS and as latitude and longitude, pixel and values under the pointer, and whether all is saved. */
export function StatusBar(): ReactElement {
  const cursor = useStore(cursorStore, (state) => state);
  const resolution = useStore(viewStore, (state) => state.resolution);
  const saving = useWorkspace((state) => state.saving > 0);
  const connection = useWorkspace((state) => state.connection);
  const running = useWorkspace((state) => state.jobs.find(({ state: now }) => now === 'running'));
  const { workspace } = useDesk();
  const [x, y] = cursor.position ?? [];
  const values = cursor.values ?? [];
  return (
    <footer className="status" aria-label={t('Status')}>
      <span className="wide-figure" data-testid="map-coordinates">
        {x === undefined ? '–' : `${x.toFixed(2)}, ${y!.toFixed(2)}`}
      </span>
      <span className="wide-figure">{geographicText(cursor.geographic)}</span>
      <span data-testid="pixel">
        {cursor.pixel === undefined
          ? ''
          : t('pixel {x}, {y}', { x: cursor.pixel[0], y: cursor.pixel[1] })}
      </span>
      <span
        className="values"
        data-testid="pixel-values"
        title={values.map(shortNumber).join(' · ')}
      >
        {cursor.index !== undefined && (
          <strong data-testid="index-value">
            {t('index {value}', { value: shortNumber(cursor.index) })}{' '}
          </strong>
        )}
        {cursor.className ?? values.slice(0, most).map(shortNumber).join(' · ')}
        {cursor.className === undefined && values.length > most && ' …'}
      </span>
      <span className="spring" />
      {running !== undefined && (
        <button
          type="button"
          className="link"
          onClick={() => workspace.store.set({ panel: 'jobs' })}
        >
          {running.title}{' '}
          {running.total ? `${Math.floor((100 * (running.done ?? 0)) / running.total)} %` : ''}
        </button>
      )}
      <span data-testid="resolution">{resolutionText(resolution)}</span>
      <span role="status">
        {connectionText(connection) ?? (saving ? t('saving…') : t('all saved'))}
      </span>
    </footer>
  );
}

/** What is wrong with the way to Prismap itself. */
function connectionText(connection: WorkspaceState['connection']): string | undefined {
  if (connection === 'lost') return t('connection lost, trying again…');
  if (connection !== 'refused') return undefined;
  return t('This window has no key: open the address that Prismap printed last.');
}
