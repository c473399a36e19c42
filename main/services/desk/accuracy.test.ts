import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeskArguments } from '../../../app/contract/deskApi.ts';
import { confusionOf } from '../../../app/learn/metrics.ts';
import { areaAdjusted } from '../../../app/learn/metricsArea.ts';
import { noReferee, Referee } from '../../raster/scenes/testing/referee.ts';
import { runInChild } from '../../workers/host.ts';
import { createAccuracyHandlers } from './accuracy.ts';
import { Reports } from './reports.ts';

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'prismap-accuracy-'));
const [map, reference] = [join(folder, 'map.tif'), join(folder, 'reference.tif')];
const { handlers } = createAccuracyHandlers({
  runTask: runInChild,
  reports: new Reports(() => []),
});
let referee: Referee;
let made: { counts: number[]; agrees: number; differs: number };

const design = (more: Partial<DeskArguments<'accuracy.design'>>) =>
  handlers['accuracy.design'](
    { map, design: 'stratified', points: 200, least: 30, seed: 1, ...more },
    never,
  );
const classes = [1, 2, 3, 4].map((value) => ({ value, name: `class ${value}` }));
const valuesAt = (path: string, points: readonly { x: number; y: number }[]) =>
  referee.must<number[]>({ action: 'values', path, points: points.map(({ x, y }) => [x, y]) });

describe.skipIf(noReferee !== undefined)(`accuracy ${noReferee ?? ''}`, () => {
  beforeAll(async () => {
    referee = new Referee(join(import.meta.dirname, 'testing/maps.py'));
    made = await referee.must({ action: 'make', map, reference });
  });
  afterAll(() => {
    referee.stop();
    rmSync(folder, { recursive: true });
  });

  it('a stratified design draws from each class, in proportion, the same for the same seed', async () => {
    const drawn = await design({});
    expect(drawn.crs).toBe('EPSG:32633');
    expect(drawn.strata.map(({ pixels }) => pixels)).toEqual(made.counts.slice(1));
    expect(drawn.strata.every(({ points }) => points >= 30)).toBe(true);
    expect(drawn.points.length).toBe(200);
    expect(await valuesAt(map, drawn.points)).toEqual(drawn.points.map(({ stratum }) => stratum));
    expect(new Set(drawn.points.map(({ x, y }) => `${x} ${y}`)).size).toBe(200);
    expect(await design({})).toEqual(drawn);
    expect((await design({ seed: 2 })).points).not.toEqual(drawn.points);
  });

  it('equalised and simple random designs', async () => {
    const even = await design({ design: 'equalised', points: 120 });
    expect(even.strata.map(({ points }) => points)).toEqual([30, 30, 30, 30]);
    const random = await design({ design: 'random', points: 4000 });
    const total = made.counts.slice(1).reduce((a, b) => a + b);
    // each share within four standard errors of the class's
    random.strata.forEach(({ points, pixels }) => {
      const share = pixels / total;
      const error = Math.sqrt((share * (1 - share)) / 4000);
      expect(Math.abs(points / 4000 - share)).toBeLessThan(4 * error);
    });
    const mean = random.points.reduce((sum, { x }) => sum + x, 0) / 4000;
    expect(Math.abs(mean - 402_100)).toBeLessThan(4 * (4100 / Math.sqrt(12 * 4000)) + 60);
  });

  it('fewer points than classes are refused', async () => {
    await expect(design({ points: 3 })).rejects.toMatchObject({ code: 'no-samples' });
  });

  it('labelled points give matrix, figures, estimates, disagreements and a report', async () => {
    const drawn = await design({ points: 400 });
    const labels = await valuesAt(reference, drawn.points);
    const points = drawn.points.flatMap((point, i) =>
      labels[i] === 0 ? [] : [{ id: `p${i}`, ...point, label: labels[i]! }],
    );
    const [report, csv] = [join(folder, 'report.html'), join(folder, 'matrix.csv')];
    const result = await handlers['accuracy.assess'](
      { map, classes, points, design: 'stratified', report, csv },
      never,
    );
    const matrix = [1, 2, 3, 4].map((truth) =>
      [1, 2, 3, 4].map(
        (value) =>
          points.filter(({ stratum, label }) => stratum === value && label === truth).length,
      ),
    );
    expect(result.confusion.matrix).toEqual(matrix);
    const hectares = made.counts.slice(1).map((pixels) => pixels * 0.01);
    const wanted = areaAdjusted(confusionOf(matrix), hectares)!;
    expect(result.adjusted!.oa.value).toBeCloseTo(wanted.oa.value, 9);
    expect(result.adjusted!.oa.confidence95).toBeCloseTo(wanted.oa.margin!, 9);
    result.adjusted!.classes.forEach((figures, k) => {
      const estimate = wanted.perClass[k]!;
      expect(figures.hectares!.value).toBeCloseTo(estimate.area.value, 6);
      expect(figures.hectares!.confidence95).toBeCloseTo(estimate.area.margin!, 6);
      expect(figures.producers!.confidence95).toBeCloseTo(estimate.producers!.margin!, 9);
    });
    const wrong = points.filter(({ stratum, label }) => stratum !== label);
    expect(result.disagreements.map(({ id }) => id).sort()).toEqual(
      wrong.map(({ id }) => id).sort(),
    );
    // estimated from the points, the truth lies within its interval
    const truth = made.agrees / (made.agrees + made.differs);
    expect(Math.abs(result.adjusted!.oa.value - truth)).toBeLessThan(
      2 * result.adjusted!.oa.confidence95,
    );
    expect(readFileSync(report, 'utf8')).toContain('labelled points, drawn at random by class');
    expect(readFileSync(csv, 'utf8')).toContain('class 3');
  });

  it('points drawn from another map need its class sizes', async () => {
    const drawn = await design({});
    const labels = await valuesAt(map, drawn.points);
    // the reference as a new map, measured with points of the old one
    const points = drawn.points
      .map((point, i) => ({ id: `p${i}`, ...point, label: labels[i]! }))
      .filter(({ x }) => x < 402_990);
    const call = (strata?: { value: number; pixels: number }[]) =>
      handlers['accuracy.assess'](
        { map: reference, classes, points, design: 'stratified', ...(strata ? { strata } : {}) },
        never,
      );
    const without = await call();
    expect(without.adjusted).toBeUndefined();
    expect(without.warnings.join()).toContain('another map');
    const withSizes = await call(drawn.strata.map(({ value, pixels }) => ({ value, pixels })));
    expect(withSizes.adjusted!.oa.value).toBeGreaterThan(0.75);
    expect(withSizes.adjusted!.oa.value).toBeLessThan(0.97);
    const shares = withSizes.adjusted!.classes.map(({ share }) => share.value);
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
  });

  it('says which classes need more labels', async () => {
    const drawn = await design({});
    const one = drawn.points.find(({ stratum }) => stratum === 4)!;
    const others = drawn.points.filter(({ stratum }) => stratum !== 4);
    const points = [one, ...others].map((point, i) => ({ id: `${i}`, ...point, label: 1 }));
    const result = await handlers['accuracy.assess'](
      { map, classes, points, design: 'stratified' },
      never,
    );
    expect(result.adjusted).toBeUndefined();
    expect(result.warnings.join()).toContain('class 4');
  });

  it('a raster of errors is NumPy’s, and a COG', async () => {
    const out = join(folder, 'errors.tif');
    const result = await handlers['accuracy.errors']({ map, reference, out }, never);
    expect(result).toEqual({ raster: out, agrees: made.agrees, differs: made.differs });
    const seen = await referee.must({ action: 'agreement', path: out, map, reference });
    expect(seen).toMatchObject({ equal: true, color: [179, 0, 30, 255], layout: 'COG' });
  });
});
