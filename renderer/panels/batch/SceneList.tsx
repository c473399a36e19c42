import type { ReactElement } from 'react';
import type { ListedScene } from '../../../app/contract/desk/batch.ts';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { countText, decimalText } from '../../words/numbers.ts';
import { said, t } from '../../words/translate.ts';
import { Select } from '../fields.tsx';
import { AddMap, layerName } from './AddMap.tsx';
import { Text } from './RunOptions.tsx';

/** The part of the scenes that the list shows; what `batch.scenes` takes. */
export type Wanted = {
  readonly state?: ListedScene['state'];
  readonly name: string;
  readonly from: number;
};
export const allScenes: Wanted = { name: '', from: 0 };

/** Scenes of a page: as the host gives them where it is not asked for another number. */
const pageSize = 50;

/** A sign and a word for each state of a scene. */
export const sceneStates: Readonly<
  Record<ListedScene['state'], readonly [sign: string, word: string]>
> = {
  waiting: ['…', 'waiting'],
  running: ['▶', 'running'],
  done: ['✓', 'mapped'],
  failed: ['✕', 'failed'],
};

/** The scenes of a batch, a page at a time: failed ones first, each with its areas or with what helps. */
export function SceneList({
  answer: { scenes, found },
  wanted,
  onWant,
  onLeaveOut,
}: {
  readonly answer: DeskOutput<'batch.scenes'>;
  readonly wanted: Wanted;
  readonly onWant: (wanted: Wanted) => void;
  readonly onLeaveOut: (scene: string) => void;
}): ReactElement {
  const { state: _, ...others } = wanted;
  const page = (from: number): void => onWant({ ...wanted, from });
  return (
    <>
      <div className="pair">
        <Select
          label={t('Scenes shown')}
          value={wanted.state ?? 'all'}
          options={[
            ['all', t('all')],
            ...Object.entries(sceneStates).map(
              ([state, [, word]]) => [state as ListedScene['state'], t(word)] as const,
            ),
          ]}
          onChange={(state) =>
            onWant({ ...others, from: 0, ...(state === 'all' ? {} : { state }) })
          }
        />
        <Text
          label={t('Name holds')}
          value={wanted.name}
          empty={t('any')}
          onChange={(name) => onWant({ ...wanted, name, from: 0 })}
        />
      </div>
      <ul className="plain-list jobs" aria-label={t('Scenes of the batch')}>
        {scenes.map((scene) => (
          <Scene key={scene.scene} scene={scene} onLeaveOut={onLeaveOut} />
        ))}
      </ul>
      {scenes.length === 0 && <p className="hint">{t('No scene to show.')}</p>}
      {found > pageSize && (
        <nav className="actions" aria-label={t('Pages of scenes')}>
          <button
            type="button"
            disabled={wanted.from === 0}
            onClick={() => page(Math.max(0, wanted.from - pageSize))}
          >
            {t('Previous')}
          </button>
          <button
            type="button"
            disabled={wanted.from + pageSize >= found}
            onClick={() => page(wanted.from + pageSize)}
          >
            {t('Next')}
          </button>
          <span role="status">
            {t('{first} to {last} of {count}', {
              first: countText(wanted.from + 1),
              last: countText(Math.min(found, wanted.from + pageSize)),
              count: countText(found),
            })}
          </span>
        </nav>
      )}
    </>
  );
}

function Scene({
  scene,
  onLeaveOut,
}: {
  readonly scene: ListedScene;
  readonly onLeaveOut: (scene: string) => void;
}): ReactElement {
  const { scene: name, state, error, uri, areas, date } = scene;
  const [sign, word] = sceneStates[state];
  return (
    <li>
      <article className="card" aria-label={name}>
        <header>
          <span className="path">{name}</span>
          <span className={`job-state ${state}`}>
            <span aria-hidden="true">{sign}</span> {t(word)}
          </span>
        </header>
        {error !== undefined && <p className="error-text">{said(error)}</p>}
        {areas.length > 0 && (
          <p className="hint">
            {[...(date === undefined ? [] : [date]), ...areasText(scene)].join(' · ')}
          </p>
        )}
        {(uri !== undefined || state === 'failed') && (
          <div className="actions">
            {uri !== undefined && (
              <AddMap uri={uri} name={layerName(name)} label={t('Add to the map')} />
            )}
            {state === 'failed' && (
              <button
                type="button"
                aria-label={t('{action}: {job}', { action: t('Leave out'), job: name })}
                onClick={() => onLeaveOut(name)}
              >
                {t('Leave out')}
              </button>
            )}
          </div>
        )}
      </article>
    </li>
  );
}

/** `Water 12.3 ha` for each class that the map has; shares where the scene has no coordinate system. */
function areasText({ areas }: ListedScene): string[] {
  const pixels = areas.reduce((sum, one) => sum + one.pixels, 0);
  return areas
    .filter((one) => one.pixels > 0)
    .map((one) =>
      one.hectares === undefined
        ? `${one.class} ${decimalText((100 * one.pixels) / pixels, 1)} %`
        : `${one.class} ${decimalText(one.hectares, 1)} ha`,
    );
}
