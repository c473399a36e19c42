import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { api, type CallName } from '../../app/contract/api.ts';
import { commands } from './commands.ts';
import { frontPage } from './frontPage.ts';
import { commandHelp } from './help.ts';
import { parseInvocation, splitCommand } from './parse.ts';
import { optionsOf } from './schema.ts';

const parse = (line: string) => {
  const { name, rest } = splitCommand(line.split(' '));
  return parseInvocation(name, rest);
};

test('options become the input of the call', () => {
  const { name, input, json } = parse(
    'train --scene a.tif --scene b.tif --rois r.gpkg --out m --class-field code --epochs 5 --no-baseline --seed 7 --json',
  );
  expect(name).toBe('train');
  expect(json).toBe(true);
  expect(input).toMatchObject({
    scene: ['a.tif', 'b.tif'],
    rois: 'r.gpkg',
    out: 'm',
    classField: 'code',
    epochs: 5,
    baseline: false,
    seed: 7,
    split: 'block',
  });
});

test('pixel positions and windows take several numbers', () => {
  expect(parse('info s.tif --sample 1 2 3 4 --stats').input).toMatchObject({
    scene: 's.tif',
    sample: [
      [1, 2],
      [3, 4],
    ],
    stats: true,
  });
  expect(parse('predict --model m --scene s --out o.tif --window 10 20 30 40').input).toMatchObject(
    { window: [10, 20, 30, 40] },
  );
});

test('a command of two words is found', () => {
  expect(parse('model run --config c --weights w --input x --out y').name).toBe('model run');
});

test('options come from a configuration too, and the command line wins', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prismap-'));
  const file = join(folder, 'train.yaml');
  writeFileSync(file, 'scene: a.tif\nrois: r.gpkg\nout: m\nclass-field: code\nepochs: 3\n');
  expect(parse(`train --config ${file} --epochs 9`).input).toMatchObject({
    scene: ['a.tif'],
    classField: 'code',
    epochs: 9,
  });
  writeFileSync(file, 'epoch: 3\n');
  expect(() => parse(`train --config ${file}`)).toThrow(/Did you mean "epochs"/);
});

test.each([
  ['trian --scene a', /Did you mean "train"/],
  ['train --scenes a', /Did you mean "--scene"/],
  ['train --scene a --rois r', /--out is needed/],
  ['train --scene a --rois r --out m --epochs few', /--epochs needs a number, found "few"/],
  ['train --scene a --rois r --out m --epochs 0', /--epochs/],
  ['train --scene a --rois r --out m --model tree', /--model/],
  ['info', /--scene is needed/],
  ['info a b', /"b" was not expected/],
  ['predict --model', /--model needs a value/],
  ['predict --model m --scene s --out o --window 1 2 3', /--window needs a value/],
])('"%s" is refused with a hint', (line, message) => {
  expect(() => parse(line)).toThrow(message);
  expect(() => parse(line)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('every command has help with its options and an example that parses', () => {
  for (const name of Object.keys(api) as CallName[]) {
    const text = commandHelp(name);
    for (const option of optionsOf(name)) {
      if (!commands[name].positionals.includes(option.field))
        expect(text).toContain(`--${option.name}`);
      expect(option.description, `${name} --${option.name}`).not.toBe('');
    }
    expect(parse(commands[name].example.replace(/^prismap /, '')).name).toBe(name);
    expect(frontPage(['--help'])).toContain(`  ${name} `);
  }
});
