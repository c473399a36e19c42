import { evaluateExpression } from '../../../app/raster/evaluateExpression.ts';
import { bandsOfExpression, parseExpression } from '../../../app/raster/expression.ts';
import { type SampleArray, samplesOf } from '../../../app/raster/samples.ts';
import { TILE_SIZE, type TilePosition } from '../../../app/raster/tileGrid.ts';
import { readTile, type TileBody, type TiledScene } from './readTile.ts';

const pixels = TILE_SIZE * TILE_SIZE;

/**
 * A tile of band arithmetic over physical values, worked out in doubles and rounded once: one float32 a pixel, then the mask, 0 also where
 * the arithmetic has no value. Undefined where the tile does not meet the scene.
 * @throws AppError of reading; `usage` where the expression is none
 */
export async function readIndexTile(
  scene: TiledScene,
  { expression: text, ...place }: TilePosition & { readonly expression: string },
  signal: AbortSignal,
): Promise<TileBody | undefined> {
  const described = scene.source.description.bands;
  const expression = parseExpression(text, described);
  const bands = bandsOfExpression(expression);
  const tile = await readTile(scene, { ...place, bands }, signal);
  if (tile === undefined) return undefined;
  const size = (tile.bytes.length / pixels - 1) / bands.length;
  const physical = bands.map((band, i) => {
    const samples = samplesOf(tile.sampleType, tile.bytes.buffer, i * pixels * size, pixels);
    const { scale, offset } = described[band]!;
    return [band, physicalValues(samples, scale, offset)] as const;
  });
  const values = Float32Array.from(evaluateExpression(expression, new Map(physical), pixels));
  const mask = tile.bytes.subarray(-pixels);
  const bytes = new Uint8Array(pixels * 5);
  bytes.set(new Uint8Array(values.buffer));
  for (let i = 0; i < pixels; i++)
    bytes[4 * pixels + i] = Number.isFinite(values[i]) ? mask[i]! : 0;
  return { sampleType: 'float32', bytes };
}

function physicalValues(samples: SampleArray, scale: number, offset: number): Float64Array {
  const values = new Float64Array(samples.length);
  for (let i = 0; i < values.length; i++) values[i] = Number(samples[i]) * scale + offset;
  return values;
}
