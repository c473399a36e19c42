import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../error.ts';
import { toMap } from '../raster/geoTransform.ts';
import { hyperspectralBands, inBands } from './bands.ts';
import { libraryFiles, parseSampleLibrary, surfaceNames } from './library.ts';
import { heldOut, sampleRois } from './rois.ts';
import { describeSample, type Sample } from './sample.ts';
import { createPainter, sampleWindow } from './sampleWindow.ts';

const resources = join(import.meta.dirname, '..', '..', 'resources');
const json = (path: string): unknown => JSON.parse(readFileSync(join(resources, path), 'utf8'));
const files = {
  surfaces: json(libraryFiles.surfaces),
  hyperspectral: json(libraryFiles.hyperspectral),
  sentinel2: json(libraryFiles.sentinel2),
  change: json(libraryFiles.change),
};
const library = parseSampleLibrary(files);
const whole = (sample: Sample) => ({
  x: 0,
  y: 0,
  width: sample.grid.width,
  height: sample.grid.height,
});

describe('library', () => {
  it('has curves with the features that the literature describes', () => {
    const bands = hyperspectralBands(200);
    const nearest = (nm: number) =>
      bands.reduce(
        (best, band, i) =>
          Math.abs(band.wavelengthNm! - nm) < Math.abs(bands[best]!.wavelengthNm! - nm) ? i : best,
        0,
      );
    const curve = (name: (typeof surfaceNames)[number]) => {
      const values = inBands(library.surfaces[surfaceNames.indexOf(name)]!.curve, bands);
      return (nm: number) => values[nearest(nm)]!;
    };
    for (const name of [
      'conifer',
      'broadleaf',
      'meadow',
      'cereal',
      'maize',
      'rapeseed',
      'reed',
    ] as const) {
      const at = curve(name);
      // Chlorophyll, red edge, leaf water (Curran 1989).
      expect(at(550)).toBeGreaterThan(at(670));
      expect(at(800)).toBeGreaterThan(4 * at(670));
      expect(at(1450)).toBeLessThan(0.6 * at(1650));
      expect(at(970)).toBeLessThan(at(900));
    }
    expect(curve('broadleaf')(850)).toBeGreaterThan(1.5 * curve('conifer')(850));
    expect(curve('water')(500)).toBeGreaterThan(5 * curve('water')(900));
    expect(curve('soil')(2205)).toBeLessThan(curve('soil')(2160)); // clay minerals
    expect(curve('clay-tile')(650)).toBeGreaterThan(2 * curve('clay-tile')(500)); // iron oxides
    expect(curve('concrete')(2340)).toBeLessThan(curve('concrete')(2150)); // carbonate
    for (const surface of library.surfaces) {
      for (const [, reflectance] of surface.curve)
        expect(reflectance > 0 && reflectance < 0.6).toBe(true);
    }
  });

  it('refuses files that are not what it needs', () => {
    expect(() => parseSampleLibrary({ ...files, surfaces: {} })).toThrow(AppError);
    expect(() => parseSampleLibrary({ ...files, change: { classes: [{ value: 'x' }] } })).toThrow(
      /resources/,
    );
  });
});

describe('describeSample', () => {
  it('describes bands as a product of the sensor would', () => {
    const sentinel = describeSample({ kind: 'sentinel2' }, library);
    expect(sentinel.bands.map((band) => band.name).join(' ')).toBe(
      'B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B11 B12',
    );
    expect(sentinel.grid).toMatchObject({ width: 1000, height: 1000, crs: 'EPSG:32633' });
    const hyper = describeSample({ kind: 'hyperspectral' }, library);
    expect(hyper.bands).toHaveLength(120);
    expect(hyper.bands[0]!.wavelengthNm).toBe(400);
    expect(hyper.bands[119]!.wavelengthNm).toBe(2400);
    const bad = hyper.bands.filter((band) => band.bad).map((band) => band.wavelengthNm!);
    expect(bad.length).toBeGreaterThan(10);
    expect(bad.every((nm) => (nm > 1340 && nm < 1440) || (nm > 1790 && nm < 1970))).toBe(true);
  });

  it('refuses sizes out of range', () => {
    for (const size of [0, 31, 100_001, 50.5, Number.NaN]) {
      expect(() => describeSample({ kind: 'pair', size }, library)).toThrow(/size of a sample/);
    }
    expect(() =>
      sampleWindow(describeSample({ kind: 'sentinel2', size: 64 }, library), {
        x: 60,
        y: 0,
        width: 8,
        height: 8,
      }),
    ).toThrow(/outside/);
    expect(() =>
      createPainter(describeSample({ kind: 'sentinel2', size: 64 }, library), 1),
    ).toThrow(/no date 2/);
  });
});

describe('sampleWindow', () => {
  it('gives the same pixels however the scene is cut', () => {
    for (const kind of ['hyperspectral', 'pair'] as const) {
      const sample = describeSample({ kind, size: 72, seed: 5, bandCount: 16 }, library);
      const date = kind === 'pair' ? 1 : 0;
      const all = sampleWindow(sample, whole(sample), date);
      fc.assert(
        fc.property(
          fc.nat(71),
          fc.nat(71),
          fc.integer({ min: 1, max: 30 }),
          fc.integer({ min: 1, max: 30 }),
          (x, y, w, h) => {
            const window = { x, y, width: Math.min(w, 72 - x), height: Math.min(h, 72 - y) };
            const part = sampleWindow(sample, window, date);
            for (let row = 0; row < window.height; row++) {
              const from = (y + row) * 72 + x;
              const at = row * window.width;
              const same = (a: Uint8Array | Uint16Array, b: Uint8Array | Uint16Array) =>
                expect(a.subarray(at, at + window.width)).toEqual(
                  b.subarray(from, from + window.width),
                );
              same(part.reference, all.reference);
              if (part.change !== undefined) same(part.change, all.change!);
              for (const [b, band] of part.bands.entries()) same(band, all.bands[b]!);
            }
          },
        ),
        { numRuns: 25 },
      );
    }
  });

  it('differs by seed and has nodata in all bands exactly where the reference has none', () => {
    const sample = describeSample({ kind: 'sentinel2', size: 160, seed: 1 }, library);
    const block = sampleWindow(sample, whole(sample));
    const other = sampleWindow(
      describeSample({ kind: 'sentinel2', size: 160, seed: 2 }, library),
      whole(sample),
    );
    expect(other.reference).not.toEqual(block.reference);
    let outside = 0;
    for (let i = 0; i < block.reference.length; i++) {
      const none = block.reference[i] === 0;
      if (none) outside++;
      for (const band of block.bands) if ((band[i] === 0) !== none) throw new Error(`pixel ${i}`);
    }
    expect(outside / block.reference.length).toBeGreaterThan(0.003);
    expect(outside / block.reference.length).toBeLessThan(0.02);
  });

  it('shows every class, in shares as of real land', () => {
    for (const kind of ['hyperspectral', 'sentinel2'] as const) {
      const sample = describeSample({ kind, size: 256, seed: 3, bandCount: 8 }, library);
      const { reference } = sampleWindow(sample, whole(sample));
      for (const { value, name } of sample.classes) {
        const share = reference.filter((v) => v === value).length / reference.length;
        expect(share, name).toBeGreaterThan(0.002);
        expect(share, name).toBeLessThan(0.45);
      }
    }
  });

  it('looks like its classes: vegetation, water and soil by their indices', () => {
    const sample = describeSample({ kind: 'sentinel2', size: 200, seed: 4 }, library);
    const { bands, reference } = sampleWindow(sample, whole(sample));
    const reflectance = (name: string, i: number) => {
      const b = sample.bands.findIndex((band) => band.name === name);
      return bands[b]![i]! * sample.bands[b]!.scale + sample.bands[b]!.offset;
    };
    const median = (className: string, f: (i: number) => number) => {
      const value = sample.classes.find(({ name }) => name === className)!.value;
      const found: number[] = [];
      reference.forEach((v, i) => v === value && found.push(f(i)));
      found.sort((a, b) => a - b);
      return found[found.length >> 1]!;
    };
    const ndvi = (i: number) =>
      (reflectance('B08', i) - reflectance('B04', i)) /
      (reflectance('B08', i) + reflectance('B04', i));
    expect(median('Broadleaf forest', ndvi)).toBeGreaterThan(0.75);
    expect(median('Cereals', ndvi)).toBeGreaterThan(0.6);
    expect(median('Bare soil', ndvi)).toBeLessThan(0.3);
    expect(median('Water', (i) => reflectance('B11', i))).toBeLessThan(0.02);
    expect(median('Bare soil', (i) => reflectance('B11', i))).toBeGreaterThan(0.12);
  });

  it('changes some land between the dates of a pair, and the second reference says what it became', () => {
    const sample = describeSample({ kind: 'pair', size: 256, seed: 1 }, library);
    const first = sampleWindow(sample, whole(sample), 0);
    const second = sampleWindow(sample, whole(sample), 1);
    expect(first.change).toBeUndefined();
    const changed = [...second.change!].filter((value) => value > 1).length / second.change!.length;
    expect(changed).toBeGreaterThan(0.02);
    expect(changed).toBeLessThan(0.15);
    const macro = (value: number) => sample.classes.find((c) => c.value === value)?.macroclass;
    let lostForest = 0;
    let stays = 0;
    second.change!.forEach((value, i) => {
      if (value === 2 && macro(first.reference[i]!) === 'Forest') lostForest++;
      if (value === 1 && macro(first.reference[i]!) === macro(second.reference[i]!)) stays++;
    });
    const felled = [...second.change!].filter((value) => value === 2).length;
    expect(lostForest / felled).toBeGreaterThan(0.9);
    // What is called unchanged keeps its group but for crops that alternate with grass and edges of pixels.
    expect(stays / [...second.change!].filter((value) => value === 1).length).toBeGreaterThan(0.97);
    // The reference of changes is reached by what the pixels show: felled forest reflects more short-wave infrared.
    const b11 = sample.bands.findIndex((band) => band.name === 'B11');
    let rise = 0;
    second.change!.forEach((value, i) => {
      if (value === 2) rise += second.bands[b11]![i]! - first.bands[b11]![i]!;
    });
    expect(rise / felled).toBeGreaterThan(500);
  });
});

describe('sampleRois', () => {
  it('draws some pure polygons a class, more where there are few bands, apart from each other and inside the scene', () => {
    const samples = [
      [describeSample({ kind: 'hyperspectral', seed: 1, bandCount: 8 }, library), 3, 8],
      [describeSample({ kind: 'sentinel2', size: 400, seed: 2 }, library), 14, 16],
    ] as const;
    for (const [sample, fewest, most] of samples) {
      const rois = sampleRois(sample);
      expect(rois.crs).toBe('EPSG:32633');
      for (const { value, name } of sample.classes) {
        const count = rois.rois.filter((roi) => roi.classValue === value).length;
        expect(count, name).toBeGreaterThanOrEqual(fewest);
        expect(count, name).toBeLessThanOrEqual(most);
      }
      const { reference } = sampleWindow(sample, whole(sample));
      const rest = heldOut(sample, rois, whole(sample), reference);
      let right = 0;
      let labelled = 0;
      for (const roi of rois.rois) {
        const alone = heldOut(sample, { ...rois, rois: [roi] }, whole(sample), reference);
        alone.forEach((value, i) => {
          if (value !== 0 || reference[i] === 0) return;
          labelled++;
          if (reference[i] === roi.classValue) right++;
        });
      }
      // Disjoint: what all take out together is what each takes out alone (with one pixel of margin each).
      const out = reference.filter((value, i) => value !== 0 && rest[i] === 0).length;
      expect(out).toBe(labelled);
      // The margin reaches over edges, hence not 100 %.
      expect(right / labelled).toBeGreaterThan(0.8);
      const [x0, y1] = toMap(sample.grid.transform!, 0, 0);
      const [x1, y0] = toMap(sample.grid.transform!, sample.grid.width, sample.grid.height);
      for (const { geometry } of rois.rois) {
        if (geometry.kind !== 'polygons') throw new Error('polygons expected');
        for (const [x, y] of geometry.polygons[0]!.outer) {
          expect(x > x0 && x < x1 && y > y0 && y < y1).toBe(true);
        }
      }
    }
  });

  it('labels changes too, and repeats itself', () => {
    const sample = describeSample({ kind: 'pair', size: 400, seed: 1 }, library);
    const rois = sampleRois(sample, 'changes');
    expect(new Set(rois.rois.map((roi) => roi.classValue))).toEqual(new Set([1, 2, 3, 4]));
    expect(rois.classes.map(({ name }) => name)).toContain('Forest felled');
    expect(sampleRois(sample, 'changes')).toEqual(rois);
  });
});
