import { type ReactElement, useEffect, useRef } from 'react';
import { useStore } from '../state/store.ts';
import { viewStore } from '../state/view.ts';
import { t } from '../words/translate.ts';

/** The place of the map, and what lies over it: crosshair and swipe line. `attach` puts a map in and gives what takes it out. */
export function MapPanel({
  attach,
}: {
  readonly attach: (target: HTMLElement) => () => void;
}): ReactElement {
  const target = useRef<HTMLDivElement>(null);
  useEffect(() => attach(target.current!), [attach]);
  const compare = useStore(viewStore, (state) => state.compare);
  return (
    <section className="map-frame" aria-label={t('Map')}>
      <div
        ref={target}
        className="map"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the map is moved by keys while it has the focus
        tabIndex={0}
        role="application"
        aria-label={t(
          'Map: arrow keys move, + and − zoom, A sets a vertex at the crosshair, Enter completes',
        )}
      />
      <div className="crosshair" aria-hidden="true" />
      {compare === 'swipe' && <SwipeLine />}
    </section>
  );
}

function SwipeLine(): ReactElement {
  const swipe = useStore(viewStore, (state) => state.swipe);
  const line = useRef<HTMLInputElement>(null);
  useEffect(() => line.current?.parentElement?.style.setProperty('--swipe', `${swipe * 100}%`));
  return (
    <div className="swipe">
      <input
        ref={line}
        type="range"
        min={0}
        max={100}
        step={1}
        value={Math.round(swipe * 100)}
        aria-label={t('Position of the swipe line')}
        onChange={(event) => viewStore.set({ swipe: Number(event.target.value) / 100 })}
      />
    </div>
  );
}
