import type { CallName, Output } from '../../app/contract/api.ts';

type Presenter = { readonly [Name in CallName]: (output: Output<Name>) => string };

/** A result as a person reads it in a terminal. */
export function present<Name extends CallName>(name: Name, output: unknown): string {
  return `${presenters[name](output as never)}\n`;
}

const presenters: Presenter = {
  doctor: (result) =>
    [
      `engine   ${result.engine} (${result.device})`,
      `speed    ${result.matmulGflops.toFixed(0)} GFLOP/s in one matrix product`,
      `machine  ${result.cores} cores, ${gigabytes(result.memoryBytes)} of memory`,
      `fused    ${result.fused.length === 0 ? 'none' : result.fused.join(', ')}`,
      ...Object.entries(result.versions).map(([part, version]) => `${part.padEnd(11)}${version}`),
      ...(result.problems.length === 0 ? ['Nothing is missing.'] : []),
      ...result.problems.map((problem) => `${problem.part}: ${problem.message} ${problem.cure}`),
    ].join('\n'),
  info: presentInfo,
  sample: (result) =>
    [
      `scene      ${result.scene}`,
      `ROIs       ${result.rois}`,
      `reference  ${result.reference}`,
      ...(result.second === undefined ? [] : [`second     ${result.second}`]),
      ...(result.change === undefined ? [] : [`change     ${result.change}`]),
    ].join('\n'),
  train: (result) => {
    const { validation, baseline } = result;
    const shown = columns.filter(({ of }) => of(validation) !== undefined);
    const figures = (of: typeof validation): string[] =>
      shown.map((column) => column.show(column.of(of)));
    const rows = [
      ['', ...shown.map(({ title }) => title)],
      ['this model', ...figures(validation)],
    ];
    if (baseline !== undefined) rows.push([baseline.name, ...figures(baseline)]);
    return [
      `model ${result.model}: ${result.epochs} epochs in ${result.seconds.toFixed(1)} s (${Math.round(result.samplesPerSecond)} samples/s, ${result.engine})`,
      `validation on ${result.samples.validation} samples, trained on ${result.samples.training}:`,
      table(rows),
    ].join('\n');
  },
  predict: (result) =>
    [
      `map ${result.map}: ${result.tiles} tiles in ${result.seconds.toFixed(1)} s (${result.engine})`,
      table([
        ['class', 'pixels', 'hectares'],
        ...result.areas.map((area) => [
          area.class,
          String(area.pixels),
          area.hectares?.toFixed(2) ?? '',
        ]),
      ]),
    ].join('\n'),
  change: (result) =>
    [
      `map ${result.map}, probability ${result.probability}: ${result.tiles} tiles in ${result.seconds.toFixed(1)} s (${result.engine})`,
      `changed ${result.changedPixels} of ${result.changedPixels + result.unchangedPixels} pixels${result.changedHectares === undefined ? '' : `, ${result.changedHectares.toFixed(2)} ha`}`,
      ...(result.polygons === undefined ? [] : [`${result.polygons} patches`]),
      ...(result.transitions.length === 0
        ? []
        : [
            table([
              ['from', 'to', 'pixels', 'hectares'],
              ...result.transitions.map(({ from, to, pixels, hectares }) => [
                from,
                to,
                String(pixels),
                hectares?.toFixed(2) ?? '',
              ]),
            ]),
          ]),
      ...(result.report === undefined ? [] : [`report ${result.report}`]),
    ].join('\n'),
  batch: (result) =>
    [
      `${result.done} scenes mapped, ${result.skipped} were done before, ${result.failed.length} failed, ${result.waiting} wait (${result.seconds.toFixed(1)} s)`,
      ...result.failed.map(({ scene, code, message }) => `${scene} (${code}): ${message}`),
      `report ${result.report}`,
    ].join('\n'),
  worker: ({ done, failed, late, seconds }) =>
    `${done} scenes mapped, ${failed} failed, ${late} given up to another worker (${seconds.toFixed(1)} s)`,
  queue: (result) =>
    [
      result.batch === undefined
        ? `${result.queue} holds no batch${result.cancelled ? ' any more' : ''}`
        : `${result.queue}: batch with results in ${result.batch.out}, started on ${result.batch.host}${result.paused ? ', paused' : ''}`,
      `${result.workers} workers; ${result.waiting} scenes wait, ${result.running} are being mapped, ${result.answered} are answered`,
    ].join('\n'),
  evaluate: (result) =>
    [
      `OA ${percent(result.oa)}  AA ${percent(result.aa)}  kappa ${result.kappa?.toFixed(4) ?? '-'}  mIoU ${percent(result.miou)}`,
      table([
        ['class', "producer's", "user's", 'F1', 'IoU', 'reference pixels'],
        ...result.perClass.map((row) => [
          row.name,
          percent(row.producers),
          percent(row.users),
          percent(row.f1),
          percent(row.iou),
          String(row.support),
        ]),
      ]),
      'Confusion matrix (rows = reference, columns = map)',
      table([
        ['', ...result.confusion.classes],
        ...result.confusion.matrix.map((row, index) => [
          result.confusion.classes[index] ?? '',
          ...row.map(String),
        ]),
      ]),
      ...(result.report === undefined ? [] : [`report ${result.report}`]),
    ].join('\n'),
  compare: (result) =>
    [
      table([
        ['task', 'model', 'metric', 'mean', '±', 'runs'],
        ...result.rows.map((row) => [
          row.task,
          row.model,
          row.metric,
          percent(row.mean),
          percent(row.deviation),
          String(row.values.length),
        ]),
      ]),
      ...result.failed.map(
        ({ task, model, seed, message }) => `${task}, ${model}, seed ${seed} failed: ${message}`,
      ),
      `report ${result.report}`,
    ].join('\n'),
  pretrain: (result) =>
    `weights ${result.weights}: ${result.epochs} epochs over ${result.scenes} scenes, loss ${result.loss.toPrecision(4)}, ${result.seconds.toFixed(1)} s (${result.engine})\nreport ${result.report}`,
  replay: (result) =>
    [
      result.identical
        ? `identical: ${result.compared.join(', ')}`
        : `not identical (${result.command})`,
      ...result.differences.map(({ kind, name, message }) => `${kind} ${name}: ${message}`),
      ...result.notes,
    ].join('\n'),
  sign: ({ fingerprint, signatures }) =>
    [...signatures.map((path) => `signed: ${path}`), `key ${fingerprint}`].join('\n'),
  verify: ({ fingerprint, verified }) =>
    [
      ...verified.map(({ manifest, outputs }) => `genuine: ${[manifest, ...outputs].join(', ')}`),
      `key ${fingerprint}`,
    ].join('\n'),
  'key create': ({ privateKey, publicKey, fingerprint }) =>
    `private key ${privateKey}: keep it to yourself\npublic key ${publicKey}: give it to whom is to check\nkey ${fingerprint}`,
  diagnostics: ({ file, files }) => `${file}: ${files.join(', ')}`,
  'model run': (result) =>
    result.outputs.map((output) => `${output.name} [${output.shape.join(', ')}]`).join('\n'),
  'weights inspect': (result) =>
    [
      `${result.format}, ${result.tensors.length} tensors`,
      table([
        ['name', 'type', 'shape'],
        ...result.tensors.map((tensor) => [tensor.name, tensor.dtype, tensor.shape.join(' × ')]),
      ]),
      ...Object.entries(result.metadata).map(([name, text]) => `${name}: ${text}`),
    ].join('\n'),
  'weights convert': (result) =>
    [
      `${result.file}: ${result.tensors.length} tensors, ${result.bytes} bytes`,
      ...leftOut(result.leftOut),
    ].join('\n'),
};

/** An optimiser has hundreds: reasons with their number and the first names. */
function leftOut(rows: Output<'weights convert'>['leftOut']): string[] {
  const reasons = [...new Set(rows.map(({ reason }) => reason))];
  return reasons.map((reason) => {
    const names = rows.filter((row) => row.reason === reason).map(({ name }) => name);
    const more = names.length > 5 ? `, … (${names.length} in all)` : '';
    return `left out, ${reason}: ${names.slice(0, 5).join(', ')}${more}`;
  });
}

function presentInfo(result: Output<'info'>): string {
  const head = [
    `${result.format}, ${result.width} × ${result.height} pixels, ${result.bands.length} bands`,
    `CRS ${result.crs ?? 'none'}`,
    `geotransform ${result.geotransform?.join(', ') ?? 'none'}`,
    ...(result.overviews.length > 0
      ? [`overviews ${result.overviews.map((size) => `${size.width}×${size.height}`).join(', ')}`]
      : []),
  ];
  const withStatistics = result.bands.some((band) => band.mean !== undefined);
  const rows = result.bands.map((band) => [
    band.name,
    band.wavelengthNm?.toFixed(1) ?? '',
    band.dtype,
    band.nodata === undefined ? '' : String(band.nodata),
    String(band.scale),
    String(band.offset),
    ...(withStatistics
      ? [band.min, band.max, band.mean, band.std].map((value) => value?.toPrecision(6) ?? '')
      : []),
  ]);
  const header = [
    'band',
    'nm',
    'type',
    'nodata',
    'scale',
    'offset',
    ...(withStatistics ? ['min', 'max', 'mean', 'std'] : []),
  ];
  const samples = (result.samples ?? []).map(
    (entry) => `(${entry.x}, ${entry.y}) ${entry.values.join(' ')}`,
  );
  return [...head, table([header, ...rows]), ...samples].join('\n');
}

type Accuracy = Output<'train'>['validation'];

const fourDigits = (value: number | undefined): string => value?.toFixed(4) ?? '-';

/** Figures of a model that are shown where it has them. */
const columns: readonly {
  readonly title: string;
  readonly of: (accuracy: Accuracy) => number | undefined;
  readonly show: (value: number | undefined) => string;
}[] = [
  { title: 'OA', of: ({ oa }) => oa, show: percent },
  { title: 'AA', of: ({ aa }) => aa, show: percent },
  { title: 'kappa', of: ({ kappa }) => kappa, show: fourDigits },
  { title: 'mIoU', of: ({ miou }) => miou, show: percent },
  { title: 'precision', of: ({ precision }) => precision, show: percent },
  { title: 'recall', of: ({ recall }) => recall, show: percent },
  { title: 'mAP macro', of: ({ mapMacro }) => mapMacro, show: percent },
  { title: 'mAP micro', of: ({ mapMicro }) => mapMicro, show: percent },
  { title: 'F1', of: ({ f1 }) => f1, show: percent },
  { title: 'F1 micro', of: ({ f1Micro }) => f1Micro, show: percent },
];

function percent(value: number | undefined): string {
  return value === undefined ? '-' : `${(value * 100).toFixed(2)} %`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** Columns aligned: the first to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
