/** Shape of a tensor, outermost dimension first. */
export type Shape = readonly number[];

/**
 * The tensor operations that a model may use. `T` is the engine's own tensor (float32 unless said). A model is a pure
 * function over this interface; an engine is one interpretation of it. Two-operand operations broadcast as NumPy does.
 */
export type Ops<T> = {
  constant(values: Float32Array | readonly number[], shape: Shape): T;
  shape(x: T): Shape;
  add(a: T, b: T): T;
  subtract(a: T, b: T): T;
  multiply(a: T, b: T): T;
  divide(a: T, b: T): T;
  maximum(a: T, b: T): T;
  /** Batched matrix product over the last two dimensions. */
  matMul(a: T, b: T, options?: { readonly transposeA?: boolean; readonly transposeB?: boolean }): T;
  exp(x: T): T;
  log(x: T): T;
  sqrt(x: T): T;
  erf(x: T): T;
  sigmoid(x: T): T;
  /** Over the last dimension. */
  softmax(x: T): T;
  logSoftmax(x: T): T;
  mean(x: T, axes: readonly number[], keepDimensions?: boolean): T;
  sum(x: T, axes: readonly number[], keepDimensions?: boolean): T;
  reshape(x: T, shape: Shape): T;
  transpose(x: T, permutation: readonly number[]): T;
  slice(x: T, begin: readonly number[], size: readonly number[]): T;
  concat(xs: readonly T[], axis: number): T;
  /** `count` rows of each sample of x (b, n, d) by their numbers, `rows` (b · count); a row may be named again. (b, count, d) */
  gatherRows(x: T, rows: Int32Array, count: number): T;
  /** Zeros before and after each dimension. */
  pad(x: T, paddings: readonly (readonly [before: number, after: number])[]): T;
  /** x (batch, height, width, channelsIn), kernel (h, w, channelsIn / groups, channelsOut); zero padding. */
  conv2d(x: T, kernel: T, options: ConvolutionOptions): T;
  maxPool(x: T, options: PoolOptions): T;
  averagePool(x: T, options: PoolOptions): T;
  /** Bilinear to (height, width) of (batch, height, width, channels). */
  resizeBilinear(x: T, size: readonly [height: number, width: number], alignCorners: boolean): T;
} & FusedOps<T>;

export type ConvolutionOptions = {
  readonly stride: number;
  readonly padding: number;
  readonly groups?: number;
};

export type PoolOptions = { readonly size: number; readonly stride: number };

/** Operations that an engine may have in one piece. Where absent, `layers.ts` composes them: that is the reference. */
export type FusedOps<T> = {
  readonly selectiveScan?: (input: SelectiveScanInput<T>) => T;
  /** A whole Mamba block without norm and residual; undefined where a gradient is wanted: only its parts have one. v and result (b, l, d) */
  readonly mambaMixer?: (v: T, weights: () => MambaMixerWeights<T>) => T | undefined;
  /** x · sigmoid(x) */
  readonly silu?: (x: T) => T;
  /** Over the last dimension of x (…, d), with weight and bias (d); variance divided by d. */
  readonly layerNorm?: (x: T, weight: T, bias: T, epsilon: number) => T;
  /** x (…, in) times the transpose of weight (out, in), plus bias (out) where there is one. */
  readonly linear?: (x: T, weight: T, bias: T | undefined) => T;
  /** Cuts the last dimension into pieces of the given sizes. */
  readonly split?: (x: T, sizes: readonly number[]) => readonly T[];
  /** Depthwise over time, past and present only: x (b, l, d), kernel (taps, d) whose last row meets the present, bias (d). */
  readonly causalConv1d?: (x: T, kernel: T, bias: T) => T;
  /** The exact form: x · Φ(x). */
  readonly gelu?: (x: T) => T;
  /** Softmax of q · kᵀ / √size, times v, each head by itself; all (b, n, heads · size). */
  readonly attention?: (q: T, k: T, v: T, heads: number) => T;
  /** Two linear layers with the exact GELU between them. */
  readonly feedForward?: (x: T, inner: LinearLayer<T>, outer: LinearLayer<T>) => T;
  /** Runs a part of a computation and frees what it made beside its result. */
  readonly scoped?: (body: () => T) => T;
  /**
   * Runs a part of a computation so that nothing but its inputs is kept for the gradient: backward runs it again. It must
   * give the same for the same inputs, and use no other tensors that learn.
   */
  readonly recomputed?: (inputs: readonly T[], body: (inputs: readonly T[]) => T) => T;
};

/** weight (out, in), bias (out) */
export type LinearLayer<T> = { readonly weight: T; readonly bias: T };

/** Of a Mamba block (Gu and Dao 2023). d width, di inner channels, k taps, r rank of the time step, n states. */
export type MambaMixerWeights<T> = {
  readonly inProj: T; // [2 di, d], first into u, then into z
  readonly kernel: T; // [k, di], last row meets the present
  readonly kernelBias: T; // [di]
  readonly xProj: T; // [r + 2 n, di]
  readonly dtProj: T; // [di, r]
  readonly dtBias: T; // [di]
  readonly logA: T; // [di, n], of −A
  readonly skip: T; // [di], D
  readonly outProj: T; // [d, di]
};

/**
 * Input of a selective scan (Gu and Dao 2023, S6). Shapes: b batch, l steps, d channels, n states.
 * h_t = exp(dt_t A) h_(t-1) + dt_t u_t B_t, y_t = C_t·h_t + D u_t, result y · SiLU(z), with dt = softplus(dtRaw + dtBias).
 */
export type SelectiveScanInput<T> = {
  readonly u: T; // [b, l, d]
  readonly dtRaw: T; // [b, l, d]
  readonly A: T; // [d, n], negative
  readonly B: T; // [b, l, n]
  readonly C: T; // [b, l, n]
  readonly D?: T; // [d]
  readonly z?: T; // [b, l, d]
  readonly dtBias?: T; // [d]
};
