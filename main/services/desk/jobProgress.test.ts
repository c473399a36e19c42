import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { safeName } from './jobInput.ts';
import { afterEvent, Forecast } from './jobProgress.ts';

const job: JobRecord = {
  id: 'j',
  kind: 'train',
  title: 'T',
  state: 'running',
  created: '2026-01-01T00:00:00Z',
  elapsedSeconds: 0,
  input: {},
  curve: [],
};

describe('a forecast', () => {
  it('of an even run lies around what remains', () => {
    const forecast = new Forecast();
    for (let done = 0; done <= 50; done++) {
      const range = forecast.range({ stage: 'mapping', done, total: 100 }, done * 2);
      if (done === 0) expect(range).toBeUndefined();
      else {
        expect(range![0]).toBeLessThan((100 - done) * 2);
        expect(range![1]).toBeGreaterThan((100 - done) * 2);
        expect(range![1] / range![0]).toBeLessThan(1.3);
      }
    }
  });

  it('of a run that became slow reaches from the mean speed to that of late', () => {
    const forecast = new Forecast();
    let time = 0;
    for (let done = 0; done < 50; done++)
      forecast.range({ stage: 'mapping', done, total: 100 }, (time += 1));
    let range: readonly [number, number] | undefined;
    for (let done = 50; done < 60; done++)
      range = forecast.range({ stage: 'mapping', done, total: 100 }, (time += 10));
    // 41 are left: at about 2.5 s each on the whole, at 10 s each of late
    expect(range![0]).toBeLessThan(110);
    expect(range![1]).toBeGreaterThan(400);
  });

  it('begins anew with a stage', () => {
    const forecast = new Forecast();
    forecast.range({ stage: 'reading', done: 1, total: 10 }, 1);
    forecast.range({ stage: 'reading', done: 9, total: 10 }, 100);
    expect(forecast.range({ stage: 'training', done: 1, total: 10 }, 101)).toBeUndefined();
    const range = forecast.range({ stage: 'training', done: 2, total: 10 }, 102);
    expect(range![0]).toBeCloseTo(0.9 * 8);
  });
});

it('the curve of a resumed run goes on from its checkpoint without telling an epoch twice', () => {
  const forecast = new Forecast();
  let record = job;
  for (const epoch of [1, 2, 3, 4, 3, 4, 5])
    record = afterEvent(
      record,
      { kind: 'epoch', epoch, epochs: 9, loss: epoch, samplesPerSecond: 1, etaSeconds: 1 },
      forecast,
      epoch,
    )!;
  expect(record.curve.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
  expect(record).toMatchObject({ stage: 'training', done: 5, total: 9 });
});

it.each([
  ['Map of T33UUP / 2024', 'Map of T33UUP - 2024'],
  ['../../etc/passwd', 'etc-passwd'],
  ['a\u0000b\nc:*?"<>|', 'a-b-c-'],
  ['  .hidden. ', 'hidden'],
  ['CON', '_CON'],
  ['nul.tif', '_nul.tif'],
  ['Ωmega 水', 'Ωmega 水'],
  ['///', 'untitled'],
  ['', 'untitled'],
])('"%s" becomes the file name "%s"', (title, name) => {
  expect(safeName(title)).toBe(name);
  expect(safeName(name)).toBe(name);
});
