import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { AppError } from '../../app/error.ts';
import type { Services } from '../services/createServices.ts';
import { runCommandLine } from './run.ts';

const evil = 'Wa\u001b]0;title\u0007ter\u001b[31m\u009b2J\u202e';
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;

async function shown(call: Services['call'], ...words: string[]): Promise<string> {
  const error = new PassThrough() as PassThrough & NodeJS.WriteStream;
  let text = '';
  error.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const streams = {
    out: (part: string) => {
      text += part;
    },
    error,
  };
  await runCommandLine(words, { call }, streams, new AbortController().signal);
  await new Promise((resolve) => setImmediate(resolve));
  return text;
}

test('names from files cannot steer the terminal', async () => {
  const found = await shown(
    (async (_name, _input, options) => {
      options?.onEvent?.({ kind: 'warning', message: `Class ${evil} is small.` });
      return {
        format: 'PyTorch',
        tensors: [{ name: evil, dtype: 'float32', shape: [2] }],
        metadata: { args: evil },
      };
    }) as Services['call'],
    'weights',
    'inspect',
    'a.safetensors',
  );
  expect(found).toContain('Class Wa\ufffd]0;title\ufffdter\ufffd[31m');
  expect(found.match(/title/g)).toHaveLength(3); // the warning, the table and the metadata
  expect(found).not.toMatch(steering);
  const refused = await shown(
    () => Promise.reject(new AppError('no-samples', `Too few pixels of ${evil}.`)),
    'weights',
    'inspect',
    'a.safetensors',
  );
  expect(refused).toContain('error (no-samples): Too few pixels of Wa\ufffd');
  expect(refused).not.toMatch(steering);
});
