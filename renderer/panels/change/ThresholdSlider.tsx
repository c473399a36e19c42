import { type ReactElement, useEffect, useState } from 'react';
import { Label, Slider, SliderOutput, SliderThumb, SliderTrack } from 'react-aria-components';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import type { LayerRow } from '../../../app/project/rows.ts';
import { changeStyle } from '../../edits/layers.ts';
import { viewStore } from '../../state/view.ts';
import { decimalText } from '../../words/numbers.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { percent } from '../jobs/figures.ts';
import { useAnswer } from '../spectra/useAnswer.ts';
import { useChangeSettings } from './changeSettings.ts';

/** The least probability that is drawn, and how much of the scene that is; nothing is computed anew. */
export function ThresholdSlider({
  probability,
  made,
}: {
  readonly probability: string;
  /** Threshold of the map that was made. */
  readonly made: number;
}): ReactElement {
  const layers = useWorkspace((state) => state.document.layers);
  const entry = useWorkspace((state) => state.scenes.get(probability));
  const row = [...layers.values()].find(({ uri }) => uri === probability);
  if (row?.style?.threshold === undefined || entry?.state !== 'open')
    return <p className="hint">{t('The layer of the probability is not in the project.')}</p>;
  return (
    <Threshold key={row.id} row={row} value={row.style.threshold} info={entry.info} made={made} />
  );
}

function Threshold({
  row,
  value,
  info,
  made,
}: {
  readonly row: LayerRow;
  readonly value: number;
  readonly info: SceneInfo;
  readonly made: number;
}): ReactElement {
  const { workspace } = useDesk();
  const [, changeSettings] = useChangeSettings();
  const [shown, setShown] = useState(Math.round(100 * value));
  useEffect(() => setShown(Math.round(100 * value)), [value]);
  const above = useShareAbove(info, shown / 100);
  return (
    <>
      <Slider
        className="slider wide"
        minValue={1}
        maxValue={99}
        value={shown}
        onChange={(next) => {
          setShown(next);
          viewStore.set({ threshold: { layer: row.id, value: next / 100 } });
        }}
        onChangeEnd={(next) => {
          changeStyle(workspace, row.id, t('Change threshold'), { threshold: next / 100 });
          viewStore.set({ threshold: undefined });
        }}
      >
        <Label>{t('Probability of change shown from')}</Label>
        <SliderOutput>{({ state }) => `${state.values[0]} %`}</SliderOutput>
        <SliderTrack className="slider-track">
          <SliderThumb className="slider-thumb" />
        </SliderTrack>
      </Slider>
      <p className="hint" role="status">
        {above !== undefined &&
          t('About {share} of the scene is shown as changed.', { share: above })}
      </p>
      {Math.abs(shown / 100 - made) > 0.004 && (
        <>
          <p className="hint">
            {t('The map of changes was made with {made} %.', { made: decimalText(100 * made, 0) })}
          </p>
          <div className="actions">
            <button type="button" onClick={() => changeSettings({ threshold: shown / 100 })}>
              {t('Use {threshold} % for the next map', { threshold: shown })}
            </button>
          </div>
        </>
      )}
    </>
  );
}

/** Share of the pixels with a probability that reach a threshold, from the histogram of the raster. */
function useShareAbove(info: SceneInfo, threshold: number): string | undefined {
  const { workspace } = useDesk();
  const { value } = useAnswer(
    `${info.scene} ${info.stamp}`,
    (signal) => workspace.host.call('scene.statistics', { scene: info.scene, bands: [0] }, signal),
    0,
  );
  const histogram = value?.bands[0]?.histogram;
  if (histogram === undefined) return undefined;
  const { from, to, counts } = histogram;
  const width = (to - from) / Math.max(1, counts.length);
  const all = counts.reduce((sum, count) => sum + count, 0);
  const reached = counts.reduce((sum, count, bin) => {
    // A bin that the threshold divides counts by its part above it.
    const start = from + bin * width;
    const part = width === 0 ? Number(start >= threshold) : (start + width - threshold) / width;
    return sum + count * Math.min(1, Math.max(0, part));
  }, 0);
  return all === 0 ? undefined : percent(reached / all);
}
