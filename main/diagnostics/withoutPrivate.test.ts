import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placesOf } from './places.ts';
import { withoutPrivate } from './withoutPrivate.ts';

const kept = (fields: Record<string, unknown>): unknown =>
  JSON.parse(withoutPrivate(JSON.stringify(fields)) ?? 'null');

test('numbers and the program’s own words stay, messages and paths go', () => {
  expect(
    kept({
      time: '2026-11-23T08:00:00.000Z',
      level: 'warn',
      event: 'task.failed',
      task: 'batch map',
      seconds: 1.5,
      code: 'corrupt',
      message: '/home/anna/Green Valley/plot 7.tif ends too soon',
      lastOutput: 'Error at /home/anna',
      name: '/home/anna/TypeError',
    }),
  ).toEqual({
    time: '2026-11-23T08:00:00.000Z',
    level: 'warn',
    event: 'task.failed',
    task: 'batch map',
    seconds: 1.5,
    code: 'corrupt',
  });
});

test('of a stack the places in the program stay', () => {
  const stack = [
    'Error: cannot read /home/anna/plot.tif',
    '    at read (/home/anna/prismap/main/raster/tiff/openTiff.ts:10:3)',
    '    at file:///home/anna/prismap/app/error.ts:4:5',
    '    at async Promise.all (index 0)',
    '    at node:internal/process/task_queues:95:5',
    '    at run (/home/anna/own/main/script.ts:1:1)',
  ].join('\n');
  const places = placesOf(stack, '/home/anna/prismap/');
  expect(places).toEqual(['main/raster/tiff/openTiff.ts:10:3', 'app/error.ts:4:5']);
  expect(placesOf('E\n    at C:\\p\\main\\server.ts:7:9', 'C:/p/')).toEqual(['main/server.ts:7:9']);
  expect(
    kept({ event: 'crash', stack, places: [...places, '/home/anna/main/script.ts:1:1'] }),
  ).toEqual({
    event: 'crash',
    places,
  });
});

test('whatever a field holds, a path, an address or a name in it does not leave', () => {
  const secret = fc.constantFrom(
    '/home/anna/plot.tif',
    'C:\\Users\\anna\\plot.tif',
    '\\\\nas\\anna\\plot.tif',
    'https://anna.example/plot.tif',
    '"anna"',
    'anna@example.org',
  );
  fc.assert(
    fc.property(fc.string(), secret, fc.string(), fc.string(), (before, private_, after, key) => {
      for (const name of ['name', 'code', 'event', 'message', 'stack', key]) {
        const line = withoutPrivate(JSON.stringify({ [name]: before + private_ + after }));
        expect(line ?? '').not.toContain('anna');
      }
    }),
  );
});

test.each(['', 'nonsense', '[1]', 'null', '"text"', '{"event":'])('%j is no line', (line) => {
  expect(withoutPrivate(line)).toBeUndefined();
});
