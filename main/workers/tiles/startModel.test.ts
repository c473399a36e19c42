import { expect, test } from 'vitest';
import { checkScaling } from './startModel.ts';

test('weights keep the scaling that they were trained with; asking for another one is refused', () => {
  const start = { scaling: { kind: 'standard', mean: [0], std: [1] } } as const;
  expect(() => checkScaling({ init: 'pretrained', scaling: 'whitened' }, start)).toThrow(
    'The weights of pretrained were trained on values scaled as "standard", not "whitened".',
  );
  for (const [scaling, from] of [
    ['standard', start],
    [undefined, start],
    ['whitened', { scaling: undefined }],
    ['whitened', undefined],
  ] as const)
    expect(() => checkScaling({ init: 'pretrained', scaling }, from)).not.toThrow();
});
