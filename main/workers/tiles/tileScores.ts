import { type TileConfig, tileLogits } from '../../../app/model/tileNetwork.ts';
import type { Network } from '../../engines/engine.ts';

/** Scores (count, classes) of whole tiles (count, bands, S, S), scaled: they add up to 1 for one class, each from 0 to 1 for labels. */
export function tileScores(
  network: Pick<Network, 'evaluate'>,
  config: TileConfig,
  values: Float32Array,
): Float32Array {
  const { bands, imageSize: side } = config;
  const shape = [values.length / (bands * side * side), bands, side, side];
  const [scores] = network.evaluate(
    new Map([['image', { shape, values }]]),
    (ops, weights, inputs) => {
      const logits = tileLogits({ ops, weights, config }, inputs.get('image')!);
      return [config.task === 'scene' ? ops.softmax(logits) : ops.sigmoid(logits)];
    },
  );
  return scores!;
}
