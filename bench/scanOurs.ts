// Our side of the scan bench: `scanOurs.ts STEPS`, runs for 0.2 s for every line on standard input (see harness.ts).
import { createInterface } from 'node:readline';
import { selectiveScan } from '../app/model/layers.ts';
import { openEngine } from '../main/engines/table.ts';
import { loadTfjs, type Tensor } from '../main/engines/tfjs.ts';
import { createTfjsOps } from '../main/engines/tfjsOps.ts';
import { numbersOf } from '../main/engines/tfjsTensors.ts';
import { tensorflowOperations } from '../native/operations.ts';
import type { TensorflowBackend } from '../native/tensors.ts';

const [batch, channels, states] = [64, 64, 16];
const steps = Number(process.argv[2]);
await openEngine({ engine: 'tensorflow', threads: 2 });
const tf = loadTfjs();
const ops = createTfjsOps(
  tf,
  tensorflowOperations(tf, tf.backend() as unknown as TensorflowBackend),
);

function wave(shape: number[], b: number, a = 1, c = 0): Tensor {
  const length = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({ length }, (_, i) => c + a * Math.sin(b * i + 0.1)),
    shape,
  );
}

const wide = [batch, steps, channels];
const narrow = [batch, steps, states];
const decays = Float32Array.from({ length: channels * states }, (_, i) => -((i % states) + 1));
const inputs = [
  wave(wide, 0.7),
  wave(wide, 0.31),
  tf.tensor(decays, [channels, states]),
  wave(narrow, 0.53),
  wave(narrow, 0.41),
  wave([channels], 1.1),
  wave(wide, 0.23),
  wave([channels], 1.3, 1, -3),
];
const upstream = wave(wide, 0.37);
const [u, dtRaw, A, B, C, D, z, dtBias] = inputs as [
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
  Tensor,
];
const scan = (): Tensor => selectiveScan(ops, { u, dtRaw, A, B, C, D, z, dtBias });

function digestOf(results: readonly Tensor[]): string {
  const sums = results.map((tensor) => {
    const values = numbersOf(tensor);
    return [values.reduce((a, b) => a + b, 0), values.reduce((a, b) => a + Math.abs(b), 0)];
  });
  return JSON.stringify(sums);
}

// The peer has run every candidate before its first round; our code has to be compiled by then, too.
for (let i = 0; i < 20; i++) {
  const { value, grads } = tf.engine().gradients(scan, inputs, upstream);
  tf.dispose([value, ...grads]);
}

/** Of the first run; all runs compute the same, and reading every result back would disturb the next one. */
let digest: string | undefined;

function run(): void {
  const { value, grads } = tf.engine().gradients(scan, inputs, upstream);
  const results = [value, ...grads];
  digest ??= digestOf(results);
  tf.dispose(results);
}
run();

/** As in `scan_peer.py`. */
const roundSeconds = 0.2;

createInterface({ input: process.stdin }).on('line', () => {
  const cpuBefore = process.cpuUsage();
  const wallBefore = performance.now();
  let runs = 0;
  let seconds = 0;
  for (; seconds < roundSeconds; runs++) {
    run();
    seconds = (performance.now() - wallBefore) / 1000;
  }
  const used = process.cpuUsage(cpuBefore);
  const cpu = (used.user + used.system) / 1e6 / runs;
  const peakRss = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ cpu, wall: seconds / runs, digest, peakRss }));
});
