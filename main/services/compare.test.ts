import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Input } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { createServices } from './createServices.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const tasks = join(folder, 'tasks.yaml');
writeFileSync(
  tasks,
  'tasks:\n  - {name: "Wald & Wiese", scene: a.tif, rois: /elsewhere/r.gpkg, epochs: 5}\n  - {name: change, before: b.tif, after: [c.tif], rois: d.gpkg, task: change}\n',
);

/** Training that gives what its input says, and remembers what it was asked. */
function trainer() {
  const asked: Input<'train'>[] = [];
  const services = createServices({
    runTask: ({ input }) => {
      const train = input as Input<'train'>;
      asked.push(train);
      if (train.model === 'forest' && train.task === 'change')
        throw new AppError('usage', 'forest classifies pixels.');
      const oa = 0.5 + 0.1 * train.seed + (train.model === 'forest' ? 0.2 : 0);
      const validation = train.task === 'change' ? { oa, f1: oa / 2, precision: 1 } : { oa };
      mkdirSync(train.out, { recursive: true });
      writeFileSync(
        join(train.out, 'manifest.json'),
        JSON.stringify({ seconds: 2, settings: train, figures: { validation } }),
      );
      return Promise.resolve({ validation, seconds: 2 });
    },
  });
  return { asked, services };
}

const input = {
  tasks,
  model: ['spectralgpt@/weights/base.pth', 'forest'],
  seeds: 3,
  out: join(folder, 'out'),
};

test('every model on every task with every seed, on one split; mean and sample deviation', async () => {
  const { asked, services } = trainer();
  const result = await services.call('compare', input);
  expect(asked).toHaveLength(12);
  expect(new Set(asked.map(({ splitSeed }) => splitSeed))).toEqual(new Set([0]));
  expect(asked.slice(0, 3).map(({ seed }) => seed)).toEqual([0, 1, 2]);
  expect(asked[0]).toMatchObject({
    model: 'spectralgpt',
    init: '/weights/base.pth',
    scene: [join(folder, 'a.tif')],
    rois: '/elsewhere/r.gpkg',
    epochs: 5,
    baseline: false,
  });
  expect(result.rows).toMatchObject([
    { task: 'Wald & Wiese', model: 'spectralgpt@/weights/base.pth', metric: 'oa', seconds: 2 },
    { task: 'Wald & Wiese', model: 'forest', metric: 'oa' },
    { task: 'change', model: 'spectralgpt@/weights/base.pth', metric: 'f1' },
  ]);
  // of 0.5, 0.6, 0.7 as NumPy's std(ddof=1)
  expect(result.rows[0]!.mean).toBeCloseTo(0.6, 12);
  expect(result.rows[0]!.deviation).toBeCloseTo(0.1, 12);
  expect(result.failed.map(({ model, seed, code }) => [model, seed, code])).toEqual([
    ['forest', 0, 'usage'],
    ['forest', 1, 'usage'],
    ['forest', 2, 'usage'],
  ]);
  expect(readFileSync(result.table, 'utf8').split('\r\n')[1]).toBe(
    'Wald & Wiese,spectralgpt@/weights/base.pth,oa,0.600000,0.100000,3,2.0',
  );
  const page = readFileSync(result.report, 'utf8');
  expect(page).toContain('Wald &amp; Wiese');
  expect(page).toContain('<strong>80.0');
});

test('with a split for each seed, which is the same for all models', async () => {
  const { asked, services } = trainer();
  const out = join(folder, 'splits');
  const { report } = await services.call('compare', { ...input, out, splitBySeed: true });
  expect(asked.map(({ splitSeed }) => splitSeed)).toEqual(asked.map(({ seed }) => seed));
  expect(readFileSync(report, 'utf8')).toContain('all of a seed on the same split');
});

test('the same kind fresh and from weights is told apart', async () => {
  const { services } = trainer();
  const model = ['spectralgpt', 'spectralgpt@/weights/base.pth'];
  const { report } = await services.call('compare', { ...input, model, out: join(folder, 'both') });
  const page = readFileSync(report, 'utf8');
  expect(page).toContain('spectralgpt, from scratch');
  expect(page).toContain('spectralgpt, started from base.pth');
});

test('what was finished is kept with --resume', async () => {
  const { asked, services } = trainer();
  const result = await services.call('compare', { ...input, resume: true });
  expect(asked).toHaveLength(3); // those that failed
  expect(result.rows[0]!.mean).toBeCloseTo(0.6, 12);
});

test('what was trained by other settings is not kept', async () => {
  const { asked, services } = trainer();
  const other = join(folder, 'other.yaml');
  writeFileSync(other, readFileSync(tasks, 'utf8').replace('epochs: 5', 'epochs: 6'));
  await services.call('compare', { ...input, tasks: other, resume: true });
  expect(asked).toHaveLength(9); // all of the first task, and those that failed
});

test('tasks that cannot be read, and comparisons of which nothing ran, say why', async () => {
  const { services } = trainer();
  const bad = join(folder, 'bad.yaml');
  for (const text of [
    'tasks: []',
    'tasks: [{scene: a}]',
    'tasks: [}',
    'tasks: [{name: a b}, {name: a-b}]',
  ]) {
    writeFileSync(bad, text);
    await expect(services.call('compare', { ...input, tasks: bad })).rejects.toMatchObject({
      code: 'usage',
    });
  }
  await expect(
    services.call('compare', { ...input, model: ['nothing'], out: join(folder, 'none') }),
  ).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('No run') as unknown });
});
