import { createRequire } from 'node:module';
import util from 'node:util';
import type * as tfjs from '@tensorflow/tfjs';

/** The tfjs library, once loaded. */
export type Tfjs = typeof tfjs;
/** A tensor of any tfjs backend. */
export type Tensor = tfjs.Tensor;

const require = createRequire(import.meta.url);
let loaded: Tfjs | undefined;

/**
 * Loads tfjs: the one place that does. The umbrella package fills tfjs' global registries with every operation,
 * gradient and chained call; a deep import of less leaves a gradient missing at run time.
 */
export function loadTfjs(): Tfjs {
  if (loaded !== undefined) return loaded;
  restoreUtilities();
  const tf = require('@tensorflow/tfjs') as Tfjs;
  tf.enableProdMode(); // no NaN scan of every result, no advertisement on the console
  loaded = tf;
  return tf;
}

/** tfjs' Node backend calls these two, one of which Node 23 removed; the other it warns of. */
function restoreUtilities(): void {
  const target = util as unknown as Record<string, unknown>;
  target['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  target['isArray'] = Array.isArray;
}
