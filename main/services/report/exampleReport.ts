import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { addToConfusion, createConfusion } from '../../../app/learn/metrics.ts';
import { areaAdjusted } from '../../../app/learn/metricsArea.ts';
import {
  addToSignatures,
  createSignatures,
  type Signatures,
  signatureFigures,
} from '../../../app/learn/signatures.ts';
import {
  libraryFiles,
  parseSampleLibrary,
  type SampleLibrary,
} from '../../../app/sample/library.ts';
import { heldOut, sampleRois } from '../../../app/sample/rois.ts';
import { describeSample, type Sample } from '../../../app/sample/sample.ts';
import { type SampleBlock, sampleWindow } from '../../../app/sample/sampleWindow.ts';
import type { ReportData, ReportModel, ReportScene, ReportTraining } from './reportData.ts';

// A full report for tests and for work on its design: a real sample scene, mapped by two simple classifiers (nearest mean, by
// distance and by angle). Only the training curve is made up.

/** The library of the sample scenes from `resources/`. */
export function readSampleLibrary(): SampleLibrary {
  const folder = join(import.meta.dirname, '..', '..', '..', 'resources');
  const json = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  return parseSampleLibrary({
    surfaces: json(libraryFiles.surfaces),
    hyperspectral: json(libraryFiles.hyperspectral),
    sentinel2: json(libraryFiles.sentinel2),
    change: json(libraryFiles.change),
  });
}

/** Everything that a report can show. */
export function exampleReportData(size = 200): ReportData {
  const sample = describeSample(
    { kind: 'hyperspectral', size, seed: 1, bandCount: 64 },
    readSampleLibrary(),
  );
  const window = { x: 0, y: 0, width: size, height: size };
  const block = sampleWindow(sample, window);
  const signatures = trainingSignatures(sample, block);
  const reference = heldOut(sample, sampleRois(sample), window, block.reference);
  const map = nearestMean(sample, block, signatures, 'distance');
  const confusion = createConfusion(sample.classes.length);
  addToConfusion(confusion, reference, map);
  const other = createConfusion(sample.classes.length);
  addToConfusion(other, reference, nearestMean(sample, block, signatures, 'angle'));
  const areas = areasOf(sample, map);
  const adjusted = areaAdjusted(
    confusion,
    areas.map(({ hectares }) => hectares),
  );
  return {
    title: 'Land cover of the sample scene',
    created: '2026-11-22T16:40:00.000Z',
    scene: exampleScene(sample, block),
    classes: sample.classes,
    map: {
      name: 'map.tif',
      picture: { values: map, width: size, height: size },
      areas,
    },
    accuracy: {
      confusion,
      reference: 'the full reference of the sample scene',
      kind: 'held-out',
      ...(adjusted === undefined ? {} : { areaAdjusted: adjusted }),
    },
    baseline: { name: 'random forest', confusion: other },
    training: madeUpTraining(),
    signatures: {
      figures: signatures,
      wavelengthsNm: sample.bands.map((band) => band.wavelengthNm ?? 0),
      bad: sample.bands.map((band) => band.bad === true),
      unit: 'reflectance',
    },
    model: exampleModel(sample),
    manifest: {
      command: 'train',
      seed: 1,
      inputs: [
        {
          file: 'hyperspectral.tif',
          sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        },
      ],
    },
    warnings: [
      'Two classes have fewer than 100 training pixels: Tiled roofs (41) and Concrete and metal (78).',
    ],
  };
}

/** Pixels under the training polygons: what the held-out reference lacks. */
function trainingSignatures(sample: Sample, block: SampleBlock): Signatures {
  const rest = heldOut(sample, sampleRois(sample), block.window, block.reference);
  const sums = createSignatures(
    sample.bands.length,
    sample.classes.map(({ value }) => value),
  );
  block.reference.forEach((value, i) => {
    if (value !== 0 && rest[i] === 0) addToSignatures(sums, reflectance(sample, block, i), [value]);
  });
  return signatureFigures(sums);
}

function reflectance(sample: Sample, block: SampleBlock, i: number): Float64Array {
  return Float64Array.from(
    sample.bands,
    (band, b) => block.bands[b]![i]! * band.scale + band.offset,
  );
}

/** The class whose mean is nearest, by distance in standard deviations or by spectral angle. */
function nearestMean(
  sample: Sample,
  block: SampleBlock,
  signatures: Signatures,
  by: 'distance' | 'angle',
): Uint8Array {
  const good = sample.bands.flatMap((band, b) => (band.bad === true ? [] : [b]));
  return block.reference.map((value, i) => {
    if (value === 0) return 0;
    const pixel = reflectance(sample, block, i);
    let best = 0;
    let least = Infinity;
    for (const { value: candidate, mean, deviation } of signatures.perClass) {
      if (mean === undefined || deviation === undefined) continue;
      let [sum, dot, own, other] = [0, 0, 0, 0];
      for (const b of good) {
        const scaled = (pixel[b]! - mean[b]!) / (deviation[b]! + 0.01);
        sum += scaled * scaled + 2 * Math.log(deviation[b]! + 0.01);
        dot += pixel[b]! * mean[b]!;
        own += pixel[b]! ** 2;
        other += mean[b]! ** 2;
      }
      const distance = by === 'distance' ? sum : Math.acos(dot / Math.sqrt(own * other));
      if (distance < least) [least, best] = [distance, candidate];
    }
    return best;
  });
}

function colorPicture(sample: Sample, block: SampleBlock): Uint8Array {
  const nearest = (nm: number) =>
    sample.bands.reduce(
      (best, band, b) =>
        Math.abs(band.wavelengthNm! - nm) < Math.abs(sample.bands[best]!.wavelengthNm! - nm)
          ? b
          : best,
      0,
    );
  const bands = [665, 560, 490].map((nm) => block.bands[nearest(nm)]!);
  const limits = bands.map((band) => {
    const sorted = Uint16Array.from(band).sort();
    return [
      sorted[Math.floor(sorted.length * 0.02)]!,
      sorted[Math.floor(sorted.length * 0.98)]!,
    ] as const;
  });
  const data = new Uint8Array(block.reference.length * 4);
  for (let i = 0; i < block.reference.length; i++) {
    for (let c = 0; c < 3; c++) {
      const [low, high] = limits[c]!;
      const share = Math.min(1, Math.max(0, (bands[c]![i]! - low) / (high - low)));
      data[i * 4 + c] = Math.round(255 * share ** 0.8);
    }
    data[i * 4 + 3] = block.reference[i] === 0 ? 0 : 255;
  }
  return encode({
    width: block.window.width,
    height: block.window.height,
    data,
    channels: 4,
    depth: 8,
  });
}

function madeUpTraining(): ReportTraining {
  return {
    epochs: Array.from({ length: 60 }, (_, i) => ({
      epoch: i + 1,
      loss: 2.4 * Math.exp(-i / 11) + 0.09 + 0.02 * Math.sin(i * 1.7),
      validationLoss: 2.3 * Math.exp(-i / 10) + 0.21 + 0.0016 * i + 0.03 * Math.sin(i * 2.3),
      validationAccuracy: 0.95 - 0.78 * Math.exp(-i / 8) + 0.008 * Math.sin(i * 1.3),
    })),
    bestEpoch: 48,
    seconds: 143,
    samples: { training: 4120, validation: 1304 },
    samplesPerSecond: 1730,
  };
}

function exampleModel(sample: Sample): ReportModel {
  return {
    name: 'SpectralMamba',
    family: 'SpectralMamba, pixel-wise (state-space network over the spectrum)',
    reimplementationOf: 'the published paper on SpectralMamba',
    parameters: 51_212,
    engine: 'TensorFlow, CPU, 2 threads',
    licence: 'Apache-2.0',
    card: [
      {
        name: 'Bands',
        value: `${sample.bands.length}, of which ${sample.bands.filter((band) => band.bad === true).length} left out as bad`,
      },
      {
        name: 'Normalisation',
        value: 'mean and standard deviation of the training pixels, by band',
      },
    ],
  };
}

function exampleScene(sample: Sample, block: SampleBlock): ReportScene {
  return {
    name: 'hyperspectral.tif',
    grid: sample.grid,
    bandCount: sample.bands.length,
    sensor: 'simulated imaging spectrometer, 400 to 2400 nm',
    acquired: sample.dates[0]!.slice(0, 10),
    picture: {
      png: colorPicture(sample, block),
      width: block.window.width,
      height: block.window.height,
      caption: '665, 560 and 490 nm as red, green and blue',
    },
  };
}

function areasOf(sample: Sample, map: Uint8Array) {
  return sample.classes.map(({ value }) => {
    const pixels = map.reduce((count, found) => (found === value ? count + 1 : count), 0);
    return { value, pixels, hectares: (pixels * 25) / 10_000 };
  });
}
