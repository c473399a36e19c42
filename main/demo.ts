// `npm run demo`: the main job on a generated scene, from ROIs to an accuracy report, by the same calls that a user makes.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallName, Input, Output } from '../app/contract/api.ts';
import { errorRecord } from '../app/error.ts';
import { present } from './commandLine/present.ts';
import { createProgressView, duration } from './commandLine/progress.ts';
import { createServices } from './services/createServices.ts';
import { runInChild } from './workers/host.ts';

const folder = process.argv[2] ?? 'demo';
const services = createServices({ runTask: runInChild });
const view = createProgressView(process.stderr);
const interrupted = new AbortController();
process.on('SIGINT', () => interrupted.abort());

async function step<Name extends CallName>(
  title: string,
  name: Name,
  input: Partial<Input<Name>>,
): Promise<Output<Name>> {
  process.stderr.write(`\n── ${title}\n`);
  const output = await services.call(name, input, {
    signal: interrupted.signal,
    onEvent: (event) => view.show(event),
  });
  view.end();
  process.stdout.write(present(name, output));
  return output;
}

async function demo(): Promise<void> {
  const started = Date.now();
  await mkdir(folder, { recursive: true });
  const sample = await step('1 of 4: a sample scene with training ROIs', 'sample', {
    dir: join(folder, 'scene'),
    kind: 'hyperspectral',
  });
  const model = join(folder, 'model');
  const trained = await step(
    '2 of 4: training SpectralMamba (re-implementation) and a random forest',
    'train',
    {
      scene: [sample.scene],
      rois: sample.rois,
      out: model,
    },
  );
  const map = join(folder, 'map.tif');
  const mapped = await step('3 of 4: mapping the whole scene', 'predict', {
    model,
    scene: sample.scene,
    out: map,
    score: join(folder, 'score.tif'),
    probabilities: join(folder, 'probabilities.tif'),
    preview: join(folder, 'map.png'),
  });
  const baseline = join(folder, 'baseline.tif');
  await step('… and with the random forest, to compare', 'predict', {
    model: join(model, 'baseline'),
    scene: sample.scene,
    out: baseline,
  });
  const report = join(folder, 'report.html');
  const measured = await step(
    '4 of 4: measuring the map against reference that training never saw',
    'evaluate',
    {
      map,
      reference: sample.reference,
      exclude: sample.rois,
      baseline,
      report,
      csv: join(folder, 'confusion.csv'),
    },
  );
  process.stdout.write(
    [
      '',
      `Done in ${duration((Date.now() - started) / 1000)}: OA ${((measured.oa ?? 0) * 100).toFixed(2)} %, kappa ${(measured.kappa ?? 0).toFixed(4)} on ${measured.confusion.matrix.flat().reduce((a, b) => a + b, 0)} reference pixels.`,
      `  model    ${trained.model}`,
      `  map      ${mapped.map} (a COG with class names and colours: open it in QGIS)`,
      `  picture  ${join(folder, 'map.png')}`,
      `  report   ${report} (open it in a browser)`,
      '',
    ].join('\n'),
  );
}

try {
  await demo();
} catch (error) {
  view.end();
  const record = errorRecord(error);
  process.stderr.write(`error (${record.code}): ${record.message}\n`);
  process.exitCode = record.code === 'cancelled' ? 130 : 1;
}
