// The scan in plain TypeScript, for engines without our TensorFlow operation. One pass over memory a direction: many
// times faster there than the composition of tensor operations, which is its reference.
import type { Tensor, Tfjs } from '../tensors.ts';
import type { ScanKernel, ScanTensors } from './differentiableScan.ts';

/** Plain arrays of a scan, row-major; shapes as in `SelectiveScanInput`. Optional ones may be absent. */
export type ScanArrays = {
  readonly size: ScanSize;
  readonly u: Float32Array;
  readonly dtRaw: Float32Array;
  readonly A: Float32Array;
  readonly B: Float32Array;
  readonly C: Float32Array;
  readonly D?: Float32Array | undefined;
  readonly z?: Float32Array | undefined;
  readonly dtBias?: Float32Array | undefined;
};

export type ScanSize = {
  readonly batch: number;
  readonly steps: number;
  readonly channels: number;
  readonly states: number;
};

/** Gradients in the order of `ScanTensors`. */
type ScanGradients = Readonly<
  Record<'u' | 'dtRaw' | 'A' | 'B' | 'C' | 'D' | 'z' | 'dtBias', Float32Array>
>;

/** The scan on any tfjs backend, computed on this thread. */
export function createScriptScan(tf: Tfjs): ScanKernel {
  return {
    forward: (inputs) => ({
      value: tf.tensor(scanForward(arraysOf(inputs)), inputs[0]!.shape, 'float32'),
    }),
    backward: (inputs, _, gradient) => {
      const g = scanBackward(arraysOf(inputs), gradient.dataSync<'float32'>());
      const arrays = [g.u, g.dtRaw, g.A, g.B, g.C, g.D, g.z, g.dtBias];
      return inputs.map((input, i) => input && tf.tensor(arrays[i]!, input.shape, 'float32'));
    },
  };
}

function arraysOf(inputs: ScanTensors): ScanArrays {
  const values = inputs.map((tensor: Tensor | undefined) => tensor?.dataSync<'float32'>());
  const [batch = 0, steps = 0, channels = 0] = inputs[0]!.shape;
  const [u, dtRaw, A, B, C, D, z, dtBias] = values;
  const size = { batch, steps, channels, states: inputs[2]!.shape[1] ?? 0 };
  return { size, u: u!, dtRaw: dtRaw!, A: A!, B: B!, C: C!, D, z, dtBias };
}

/** Result (b, l, d). */
export function scanForward(arrays: ScanArrays): Float32Array {
  const { size, u, dtRaw, z } = arrays;
  const out = new Float32Array(u.length);
  const state = new Float32Array(size.states);
  for (let element = 0; element < size.batch; element++) {
    for (let channel = 0; channel < size.channels; channel++) {
      const decays = scaledDecays(arrays, channel);
      const bias = arrays.dtBias?.[channel] ?? 0;
      const skip = arrays.D?.[channel] ?? 0;
      state.fill(0);
      for (let t = 0; t < size.steps; t++) {
        const row = element * size.steps + t;
        const at = row * size.channels + channel;
        const dt = softplus(dtRaw[at]! + bias);
        const from = row * size.states;
        const y = skip * u[at]! + advance(arrays, from, { decays, state, dt, drive: dt * u[at]! });
        out[at] = z === undefined ? y : y * z[at]! * sigmoid(z[at]!);
      }
    }
  }
  return out;
}

type Step = {
  readonly decays: Float64Array;
  readonly state: Float32Array;
  readonly dt: number;
  readonly drive: number;
};

/** One step of one channel: `state` becomes h_t; the result is C_t · h_t. */
function advance({ B, C }: ScanArrays, from: number, { decays, state, dt, drive }: Step): number {
  let y = 0;
  for (let n = 0; n < decays.length; n++) {
    const h = exp2(dt * decays[n]!) * state[n]! + drive * B[from + n]!;
    state[n] = h;
    y += h * C[from + n]!;
  }
  return y;
}

/** Gradients of sum(gradient · scan) with respect to every input; those of absent inputs are meaningless. */
export function scanBackward(arrays: ScanArrays, gradient: Float32Array): ScanGradients {
  const { size } = arrays;
  const like = (length: number) => new Float32Array(length);
  const gradients = {
    u: like(arrays.u.length),
    dtRaw: like(arrays.u.length),
    A: like(arrays.A.length),
    B: like(arrays.B.length),
    C: like(arrays.C.length),
    D: like(size.channels),
    z: like(arrays.z?.length ?? 0),
    dtBias: like(size.channels),
  };
  const history = createHistory(size);
  for (let channel = 0; channel < size.channels; channel++) {
    const decays = scaledDecays(arrays, channel);
    for (let element = 0; element < size.batch; element++) {
      record(arrays, element, channel, decays, history);
      walkBack(arrays, { element, channel, decays, history, gradient }, gradients);
    }
  }
  return gradients;
}

/** What the walk back needs of one channel's forward pass: states (steps + 1, n), decays (steps, n), dt and y (steps). */
type History = Readonly<Record<'states' | 'decays' | 'dt' | 'y', Float32Array>>;

function createHistory({ steps, states }: ScanSize): History {
  return {
    states: new Float32Array((steps + 1) * states),
    decays: new Float32Array(steps * states),
    dt: new Float32Array(steps),
    y: new Float32Array(steps),
  };
}

function record(
  arrays: ScanArrays,
  element: number,
  channel: number,
  decays: Float64Array,
  history: History,
): void {
  const { size, u, dtRaw, B, C } = arrays;
  const count = size.states;
  const bias = arrays.dtBias?.[channel] ?? 0;
  const skip = arrays.D?.[channel] ?? 0;
  for (let t = 0; t < size.steps; t++) {
    const row = element * size.steps + t;
    const at = row * size.channels + channel;
    const dt = softplus(dtRaw[at]! + bias);
    const drive = dt * u[at]!;
    let y = skip * u[at]!;
    for (let n = 0; n < count; n++) {
      const decay = exp2(dt * decays[n]!);
      const h = decay * history.states[t * count + n]! + drive * B[row * count + n]!;
      history.decays[t * count + n] = decay;
      history.states[(t + 1) * count + n] = h;
      y += h * C[row * count + n]!;
    }
    history.dt[t] = dt;
    history.y[t] = y;
  }
}

type Walk = {
  readonly element: number;
  readonly channel: number;
  readonly decays: Float64Array;
  readonly history: History;
  readonly gradient: Float32Array;
};

function walkBack(arrays: ScanArrays, walk: Walk, gradients: ScanGradients): void {
  const { size, u, dtRaw, B, C } = arrays;
  const { element, channel, decays, history } = walk;
  const count = size.states;
  const bias = arrays.dtBias?.[channel] ?? 0;
  const skip = arrays.D?.[channel] ?? 0;
  const adjoint = new Float32Array(count);
  const toA = new Float64Array(count);
  for (let t = size.steps - 1; t >= 0; t--) {
    const row = element * size.steps + t;
    const at = row * size.channels + channel;
    const gy = throughGate(arrays, walk, at, t, gradients);
    const dt = history.dt[t]!;
    const drive = dt * u[at]!;
    let viaB = 0;
    let viaA = 0;
    for (let n = 0; n < count; n++) {
      const k = t * count + n;
      const from = row * count + n;
      const g = gy * C[from]! + adjoint[n]!;
      const carried = g * history.decays[k]!;
      const kept = carried * history.states[k]!;
      gradients.C[from]! += gy * history.states[k + count]!;
      gradients.B[from]! += g * drive;
      adjoint[n] = carried;
      toA[n]! += kept * dt;
      viaB += g * B[from]!;
      viaA += kept * decays[n]!;
    }
    const slope = sigmoid(dtRaw[at]! + bias);
    const toDt = (u[at]! * viaB + viaA * Math.LN2) * slope;
    gradients.dtRaw[at] = toDt;
    gradients.u[at] = skip * gy + dt * viaB;
    gradients.D[channel]! += gy * u[at]!;
    gradients.dtBias[channel]! += toDt;
  }
  for (let n = 0; n < count; n++) gradients.A[channel * count + n]! += toA[n]!;
}

/** The gradient of y before the gate; writes that of z. */
function throughGate(
  { z }: ScanArrays,
  { gradient, history }: Walk,
  at: number,
  t: number,
  gradients: ScanGradients,
): number {
  if (z === undefined) return gradient[at]!;
  const open = sigmoid(z[at]!);
  gradients.z[at] = gradient[at]! * history.y[t]! * open * (1 + z[at]! * (1 - open));
  return gradient[at]! * z[at]! * open;
}

/** A · log2(e) of one channel, so that exp(dt A) = 2^(dt · scaled). */
function scaledDecays({ A, size }: ScanArrays, channel: number): Float64Array {
  return Float64Array.from(
    A.subarray(channel * size.states, (channel + 1) * size.states),
    (a) => a * Math.LOG2E,
  );
}

const powers = Float64Array.from({ length: 278 }, (_, i) => 2 ** (i - 150));

/** 2^x, relative error 1e-7: several times faster than Math.exp. Below −150 it is 0; above 127 not meant to be used. */
function exp2(x: number): number {
  if (x < -150) return 0;
  const whole = Math.floor(x + 0.5);
  const f = x - whole;
  const p =
    1 +
    f *
      (0.6931469776146083 +
        f *
          (0.24022242082764314 +
            f * (0.05550733727942546 + f * (0.009671512761337323 + f * 0.001326473096507285))));
  return p * powers[whole + 150]!;
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
