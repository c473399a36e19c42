import { type ReactElement, useEffect, useRef } from 'react';
import { comparedLayer } from '../state/comparedLayer.ts';
import { useStore } from '../state/store.ts';
import { viewStore } from '../state/view.ts';
import { t } from '../words/translate.ts';
import { useWorkspace } from './context.ts';
import { Select } from './fields.tsx';

export type Attach = (target: HTMLElement) => () => void;

/** The place of the map, and what lies over it: crosshair, swipe line, second view. Each `attach` puts a map in and gives what takes it out. */
export function MapPanel({
  attach,
  attachLinked,
}: {
  readonly attach: Attach;
  readonly attachLinked: Attach;
}): ReactElement {
  const target = useRef<HTMLDivElement>(null);
  useEffect(() => attach(target.current!), [attach]);
  const compare = useStore(viewStore, (state) => state.compare);
  return (
    <section className="map-frame" aria-label={t('Map')}>
      <div className="map-place">
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
      </div>
      {compare === 'linked' && <SecondMap attach={attachLinked} />}
      {compare !== 'none' && <CompareChoice />}
    </section>
  );
}

function SecondMap({ attach }: { readonly attach: Attach }): ReactElement {
  const target = useRef<HTMLDivElement>(null);
  useEffect(() => attach(target.current!), [attach]);
  return (
    <div className="map-place">
      <div ref={target} className="map" role="application" aria-label={t('Second map')} />
    </div>
  );
}

/** Which layer is compared with the rest. */
function CompareChoice(): ReactElement {
  const layers = useWorkspace((state) => state.document.layers);
  // What is chosen here lies in another store: whichever changes, the field is drawn again.
  useStore(viewStore, (state) => state.compareLayer);
  const compared = useWorkspace((state) => comparedLayer(state)?.id);
  const scenes = [...layers.values()]
    .filter(({ kind }) => kind === 'scene')
    .sort((a, b) => b.order - a.order);
  return (
    <div className="compare-choice">
      <Select
        label={t('Compared layer')}
        value={compared ?? ''}
        options={scenes.map(({ id, name }) => [id, name] as const)}
        onChange={(compareLayer) => viewStore.set({ compareLayer })}
      />
      <button
        type="button"
        className="text-button"
        onClick={() => viewStore.set({ compare: 'none' })}
      >
        {t('End comparison')}
      </button>
    </div>
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
