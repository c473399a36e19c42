import type { Shape } from './ops.ts';

/** The parameters of a model by path, as tensors of an engine. */
export type Weights<T> = ReadonlyMap<string, T>;

/** The parameters of a model by path, as plain numbers (row-major), in the order of its shape table. */
export type WeightData = ReadonlyMap<
  string,
  { readonly shape: Shape; readonly values: Float32Array }
>;

/** Path to shape, in order: what initialisation, import, export and tests all read. */
export type WeightShapes = ReadonlyMap<string, Shape>;
