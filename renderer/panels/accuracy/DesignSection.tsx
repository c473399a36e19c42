import { type ReactElement, useState } from 'react';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { NumberField, Select } from '../fields.tsx';
import { type AssessmentSettings, type Design, replacePoints } from './assessment.ts';
import type { ClassMap } from './classMaps.ts';

export const hints: Readonly<Record<Design, string>> = {
  stratified: 'Points by the area of each class in the map, with a least number for rare ones.',
  equalised: 'As many points in every class of the map.',
  random: 'Points anywhere in the map, each pixel alike.',
};

/** Draws the points; new ones take the place of the old ones in one step of undo. */
export function DesignSection({
  maps,
  settings,
}: {
  readonly maps: readonly ClassMap[];
  readonly settings: AssessmentSettings;
}): ReactElement {
  const { workspace } = useDesk();
  const drawn = useWorkspace((state) => state.document.points.size);
  const [wanted, setWanted] = useState(settings);
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<AssessmentSettings>): void => setWanted({ ...wanted, ...part });
  const map = maps.find(({ info }) => info.uri === wanted.map)?.info.uri ?? maps[0]!.info.uri;
  const draw = async (): Promise<void> => {
    setBusy(true);
    try {
      const { design, points, least, seed } = wanted;
      const answer = await workspace.host.call('accuracy.design', {
        map,
        design,
        points,
        least,
        seed,
      });
      replacePoints(workspace, { ...wanted, map }, answer);
    } catch (error) {
      workspace.report(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Select
        label={t('Class map')}
        value={map}
        options={maps.map(({ row, info }) => [info.uri, row.name] as const)}
        onChange={(uri) => change({ map: uri })}
      />
      <Select
        label={t('Design')}
        value={wanted.design}
        options={[
          ['stratified', t('Stratified random')],
          ['equalised', t('Equalised random')],
          ['random', t('Simple random')],
        ]}
        onChange={(design) => change({ design })}
      />
      <p className="hint">{t(hints[wanted.design])}</p>
      <div className="pair">
        <NumberField
          label={t('Points')}
          value={wanted.points}
          range={[2, 100_000]}
          onChange={(points) => change({ points: Math.round(points) })}
        />
        <NumberField
          label={t('Seed')}
          value={wanted.seed}
          range={[0, 4_294_967_295]}
          onChange={(seed) => change({ seed: Math.round(seed) })}
        />
      </div>
      {wanted.design === 'stratified' && (
        <NumberField
          label={t('Least points a class')}
          value={wanted.least}
          range={[0, 1000]}
          onChange={(least) => change({ least: Math.round(least) })}
        />
      )}
      <div className="actions">
        <button type="button" className="primary" disabled={busy} onClick={() => void draw()}>
          {drawn === 0 ? t('Draw points') : t('Draw new points in place of {drawn}', { drawn })}
        </button>
      </div>
    </>
  );
}
