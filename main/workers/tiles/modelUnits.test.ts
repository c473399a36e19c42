import { expect, test } from 'vitest';
import type { TileModelCard } from '../../../app/contract/tileModelCard.ts';
import type { Band, SceneSource } from '../../../app/raster/scene.ts';
import { inModelUnits } from './modelUnits.ts';

const scene = (band: Pick<Band, 'type' | 'scale' | 'offset'>): SceneSource => ({
  description: {
    uri: 'scene.tif',
    format: 'GTiff',
    grid: { width: 1, height: 1 },
    bands: [{ name: 'B02', ...band }],
    overviews: [],
    block: { width: 1, height: 1 },
    metadata: {},
    files: [],
  },
  read: () => Promise.reject(new Error('not read')),
  close: () => Promise.resolve(),
});

const card = (scale: number, mean: number): Pick<TileModelCard, 'bands' | 'scaling'> => ({
  bands: [{ name: 'B02', scale, offset: 0 }],
  scaling: { kind: 'two-sigma', mean: [mean], std: [mean / 2] },
});

/** Physical value of the stored number 1500 as the model sees it, and what was said. */
function seen(
  band: Pick<Band, 'type' | 'scale' | 'offset'>,
  model: ReturnType<typeof card>,
): { value: number; said: string[] } {
  const said: string[] = [];
  const { description } = inModelUnits(scene(band), [0], model, (one) => said.push(one));
  const { scale, offset } = description.bands[0]!;
  return { value: 1500 * scale + offset, said };
}

test('reflectance and reflectance · 10,000 meet, and it is said', () => {
  const plain = { type: 'uint16', scale: 1, offset: 0 } as const;
  const product = { type: 'uint16', scale: 1e-4, offset: -0.1 } as const;
  expect(seen(plain, card(1e-4, 0.12)).value).toBeCloseTo(0.15, 9);
  expect(seen(plain, card(1e-4, 0.12)).said[0]).toContain('reflectance · 10000');
  expect(seen(product, card(1, 1200)).value).toBeCloseTo(500, 6);
  expect(seen(product, card(1, 1200)).said).toHaveLength(1);
});

test('scenes that are in the units of the model, or cannot be told, stay as they are', () => {
  for (const [band, model, value] of [
    [{ type: 'uint16', scale: 1, offset: 0 }, card(1, 1200), 1500],
    [{ type: 'uint16', scale: 1e-4, offset: -0.1 }, card(1e-4, 0.12), 0.05],
    // Eight bits, and a model of eight bits.
    [{ type: 'uint8', scale: 1, offset: 0 }, card(1, 90), 1500],
    [{ type: 'float32', scale: 1, offset: 0 }, card(1e-4, 0.12), 1500],
  ] as const) {
    const { value: got, said } = seen(band, model);
    expect(got).toBeCloseTo(value, 9);
    expect(said).toEqual([]);
  }
});
