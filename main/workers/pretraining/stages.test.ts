import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { api } from '../../../app/contract/api.ts';
import { stagesOf } from './stages.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-stages-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const input = (text?: string) => {
  const recipe = join(folder, 'recipe.yaml');
  if (text !== undefined) writeFileSync(recipe, text);
  return api.pretrain.input.parse({
    scenes: '/scenes',
    out: '/out',
    epochs: 7,
    ...(text === undefined ? {} : { recipe }),
  });
};

test('a stage has what the recipe says, and else what the call says', async () => {
  const stages = await stagesOf(
    input(
      'stages:\n  - {imageSize: 32, dates: [2017-01-01, 2017-12-31], resolution: 20}\n  - {scenes: more, imageSize: 64, epochs: 3, rate: 0.001, region: [12, 52, 13, 53]}\n',
    ),
    undefined,
  );
  expect(stages).toMatchObject([
    {
      number: 1,
      scenes: '/scenes',
      choice: { resolution: 20, dates: ['2017-01-01', '2017-12-31'] },
      plan: { imageSize: 32, epochs: 7 },
    },
    {
      number: 2,
      scenes: join(folder, 'more'),
      choice: { region: [12, 52, 13, 53] },
      plan: { imageSize: 64, epochs: 3, baseRate: 0.001 },
    },
  ]);
});

test('without a recipe there is one stage', async () => {
  expect(await stagesOf(input(), 96)).toMatchObject([{ number: 1, plan: { imageSize: 96 } }]);
});

test.each([
  ['stages: []', /stages/],
  ['stages:\n  - {size: 3}', /stages\.0/],
  ['- 1', /top/],
  ['stages: [}', /could not be read/],
  ['stages:\n  - {dates: [yesterday, today]}', /dates/],
])('%s is refused with what is wrong', async (text, problem) => {
  await expect(stagesOf(input(text), undefined)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(problem) as unknown,
  });
});
