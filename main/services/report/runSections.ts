import { extent, lineChart, spectrumChart } from './chart.ts';
import { duration, grouped, percent } from './format.ts';
import { type Html, html, name } from './html.ts';
import { classLabel, classOf, cssColor, scrolling, section } from './parts.ts';
import type { ReportData, ReportModel, ReportSignatures, ReportTraining } from './reportData.ts';

/** How training went: loss and validation by epoch. */
export function trainingSection(training: ReportTraining): Html {
  const { epochs, bestEpoch, seconds, samples, samplesPerSecond } = training;
  const points = (of: (epoch: (typeof epochs)[number]) => number | undefined) =>
    epochs.flatMap((epoch) => {
      const value = of(epoch);
      return value === undefined ? [] : [[epoch.epoch, value] as const];
    });
  const loss = points((epoch) => epoch.loss);
  const validationLoss = points((epoch) => epoch.validationLoss);
  const accuracy = points((epoch) => epoch.validationAccuracy);
  const mark =
    bestEpoch === undefined ? {} : { mark: { x: bestEpoch, text: `best: epoch ${bestEpoch}` } };
  const facts = [
    `${grouped(epochs.length)} epochs${seconds === undefined ? '' : ` in ${duration(seconds)}`}`,
    ...(samplesPerSecond === undefined ? [] : [`${grouped(samplesPerSecond)} samples a second`]),
    ...(samples === undefined
      ? []
      : [
          `${grouped(samples.training)} training pixels`,
          `${grouped(samples.validation)} validation pixels`,
        ]),
  ];
  const last = accuracy.at(-1)?.[1];
  const lines = [
    { name: 'training', points: loss, color: '#174f8f' },
    ...(validationLoss.length > 0
      ? [{ name: 'validation', points: validationLoss, color: '#b04a0a', dash: '6 4' }]
      : []),
  ];
  return section(
    'training',
    'Training',
    html`<p>${facts.join(' · ')}</p>`,
    html`<div class="two">${lineChart({ label: `Loss by epoch: from ${loss[0]?.[1].toFixed(3) ?? '–'} to ${loss.at(-1)?.[1].toFixed(3) ?? '–'} in training`, xLabel: 'Epoch', yLabel: 'Loss', lines, ...mark })}${
      accuracy.length > 0 &&
      lineChart({
        label: `Overall accuracy on the validation pixels by epoch, ${percent(last)} at the end`,
        xLabel: 'Epoch',
        yLabel: 'Validation accuracy',
        lines: [{ name: 'validation', points: accuracy, color: '#b04a0a', dash: '6 4' }],
        yFormat: (value) => `${Number((100 * value).toFixed(1))} %`,
        ...mark,
      })
    }</div>`,
    epochTable(training),
  );
}

function epochTable({ epochs }: ReportTraining): Html {
  // A long run is thinned: the curve has every epoch.
  const step = Math.max(1, Math.ceil(epochs.length / 50));
  const shown = epochs.filter((_, i) => i % step === 0 || i === epochs.length - 1);
  const number = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(4));
  return html`<details><summary>The numbers behind the curves</summary>${scrolling(
    'Loss and validation accuracy by epoch',
    html`<table><caption>${step === 1 ? 'Every epoch' : `Every ${step}th epoch and the last`}.</caption><thead><tr><th scope="col">Epoch</th><th scope="col">Training loss</th><th scope="col">Validation loss</th><th scope="col">Validation accuracy</th></tr></thead><tbody>${shown.map(
      (row) =>
        html`<tr><th scope="row">${row.epoch}</th><td>${number(row.loss)}</td><td>${number(row.validationLoss)}</td><td>${percent(row.validationAccuracy)}</td></tr>`,
    )}</tbody></table>`,
  )}</details>`;
}

/** Mean ± standard deviation of the training pixels of each class, one small chart a class, all on the same axes. */
export function signatureSection(data: ReportData, signatures: ReportSignatures): Html | undefined {
  const { figures, wavelengthsNm, bad } = signatures;
  const known = figures.perClass.filter(({ mean }) => mean !== undefined);
  if (known.length === 0 || figures.bandCount < 2) return undefined;
  const x = wavelengthsNm ?? Array.from({ length: figures.bandCount }, (_, i) => i + 1);
  // Sensors do not list their bands by wavelength always; a line through them must.
  const order = [...x.keys()].filter((b) => bad?.[b] !== true).sort((a, b) => x[a]! - x[b]!);
  if (order.length < 2) return undefined;
  const stretches = stretchesOf(order, x, bad);
  const means = known.map(({ mean }) => mean!);
  const [, top] = extent(
    known.flatMap(({ mean, deviation }) => order.map((b) => mean![b]! + deviation![b]!)),
  );
  const [bottom] = extent(
    known.flatMap(({ mean, deviation }) => order.map((b) => mean![b]! - deviation![b]!)),
  );
  const axes = { xRange: extent(order.map((b) => x[b]!)), yMax: top, yMin: Math.min(0, bottom) };
  const unit = signatures.unit ?? 'value';
  const charts = known.map(({ value, count, mean, deviation }) => {
    const landClass = classOf(data.classes, value);
    const chart = spectrumChart({
      ...axes,
      label: `Mean ${unit} of ${landClass.name} by ${wavelengthsNm === undefined ? 'band' : 'wavelength'}, with one standard deviation`,
      color: cssColor(landClass.color),
      note: `${grouped(count)} pixels`,
      stretches: stretches.map((bands) =>
        bands.map((b) => [x[b]!, mean![b]!, deviation![b]!] as const),
      ),
      others: stretches.flatMap((bands) =>
        means
          .filter((other) => other !== mean)
          .map((other) => bands.map((b) => [x[b]!, other[b]!] as const)),
      ),
    });
    return html`<div><h3>${classLabel(landClass)}</h3>${chart}</div>`;
  });
  return section(
    'signatures',
    'Spectral signatures of the training pixels',
    html`<p>Mean ${unit} (line) and one standard deviation (band) by ${wavelengthsNm === undefined ? 'band number' : 'wavelength in nanometres'}; grey: the other classes.${stretches.length > 1 && ' Gaps: bands that were not used.'}</p>`,
    html`<div class="small-charts">${charts}</div>`,
  );
}

/** Bands in order of wavelength, cut where bad bands lie between or where many bands are missing. */
function stretchesOf(
  order: readonly number[],
  x: readonly number[],
  bad: readonly boolean[] | undefined,
): readonly (readonly number[])[] {
  const gaps = x.filter((_, b) => bad?.[b] === true);
  const steps = order.slice(1).map((b, i) => x[b]! - x[order[i]!]!);
  const usual = [...steps].sort((a, b) => a - b)[steps.length >> 1]!;
  // Bands left out of a model are not there to be marked bad. A sensor of few bands has wide steps of its own.
  const widest = order.length >= 20 ? 3 * usual : Infinity;
  const stretches: number[][] = [[]];
  for (const [i, b] of order.entries()) {
    const before = order[i - 1];
    const isCut =
      before !== undefined &&
      (x[b]! - x[before]! > widest || gaps.some((gap) => gap > x[before]! && gap < x[b]!));
    if (isCut) stretches.push([]);
    stretches.at(-1)!.push(b);
  }
  return stretches;
}

/** What the model is; a re-implementation is called one. */
export function modelSection(model: ReportModel): Html {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Kind', model.family],
    ['Parameters', model.parameters === undefined ? undefined : grouped(model.parameters)],
    ['Engine', model.engine],
    ['Licence', model.licence],
    ...(model.card ?? []).map((row) => [row.name, row.value] as const),
  ];
  return section(
    'model',
    'Model',
    html`<p><strong>${name(model.name)}</strong> ${model.reimplementationOf !== undefined && html`<span class="badge">Re-implementation</span>`}</p>`,
    model.reimplementationOf !== undefined &&
      html`<p>Written anew after ${model.reimplementationOf}; it is neither the authors’ code nor their weights.</p>`,
    html`<dl class="card">${rows.map(([label, value]) => value !== undefined && html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>`,
  );
}

/** The run manifest, folded away: what is needed to run it again. */
export function manifestSection(manifest: unknown): Html {
  return section(
    'manifest',
    'Run manifest',
    html`<p>Inputs with their hashes, settings, seed, versions and device: what is needed to do the same run again.</p>`,
    html`<details><summary>Show the manifest</summary><pre tabindex="0" role="region" aria-label="Run manifest as JSON">${JSON.stringify(manifest, undefined, 2) ?? ''}</pre></details>`,
  );
}
