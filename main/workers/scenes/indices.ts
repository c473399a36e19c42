import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import { type BandRole, bandOfRole } from '../../../app/raster/bandRoles.ts';
import { evaluateExpression } from '../../../app/raster/evaluateExpression.ts';
import { bandsOfExpression, parseExpression } from '../../../app/raster/expression.ts';
import { figuresOf } from '../../../app/raster/figures.ts';
import type { Band, SceneSource } from '../../../app/raster/scene.ts';
import { type ThinnedSamples, thinnedSamples, windowUnder } from './reading.ts';
import { pixelsFor } from './statistics.ts';

const table = z.array(
  z.strictObject({
    name: z.string(),
    title: z.string(),
    /** Band arithmetic with roles between braces. */
    formula: z.string(),
    range: z.tuple([z.number(), z.number()]),
    /** Its constants hold for reflectance from 0 to 1. */
    reflectance: z.boolean().optional(),
    source: z.string(),
  }),
);

/** Indices of `resources/indices` that the bands of a scene allow, written with its own bands. */
export async function indices({
  description: { bands },
}: SceneSource): Promise<DeskOutput<'scene.indices'>> {
  const file = new URL('../../../resources/indices/indices.json', import.meta.url);
  const known = table.parse(JSON.parse(readFileSync(file, 'utf8')));
  return {
    indices: known.flatMap(({ formula, range, reflectance, ...index }) => {
      let missing = false;
      const expression = formula.replace(/\{(\w+)\}/g, (_, role: BandRole) => {
        const band = bandOfRole(role, bands);
        missing ||= band === undefined;
        return `b${(band ?? 0) + 1}`;
      });
      const usable = !missing && (reflectance !== true || isReflectance(bands));
      return usable ? [{ ...index, expression, range }] : [];
    }),
  };
}

/** Whether physical values are reflectance from 0 to 1: by scale (plain counts have none), unit or type. */
function isReflectance(bands: readonly Band[]): boolean {
  return bands.every(
    ({ scale, unit, type }) => scale !== 1 || unit === 'reflectance' || type.startsWith('float'),
  );
}

/** Figures of an index over physical values of the scene. @throws AppError `usage` where the expression is none */
export async function indexStatistics(
  source: SceneSource,
  { expression: text, bounds }: DeskArguments<'scene.indexStatistics'>,
  signal: AbortSignal,
): Promise<DeskOutput<'scene.indexStatistics'>> {
  const { description } = source;
  const expression = parseExpression(text, description.bands);
  const bands = bandsOfExpression(expression);
  const window = windowUnder(description, bounds);
  const pixels = pixelsFor(window);
  const block = await thinnedSamples(source, window, { bands, pixels, signal });
  const physical = new Map(
    bands.map((band, i) => [band, physicalValues(block, i, description.bands[band]!)] as const),
  );
  const values = evaluateExpression(expression, physical, block.length);
  const { histogram, ...figures } = figuresOf(values, undefined);
  return {
    figures: { band: 0, ...figures, histogram: { ...histogram, counts: [...histogram.counts] } },
  };
}

/** NaN where the band has no data. */
function physicalValues(block: ThinnedSamples, at: number, { scale, offset }: Band): Float64Array {
  const samples = block.bands[at]!;
  const mask = block.masks[at];
  const values = new Float64Array(samples.length);
  for (let i = 0; i < values.length; i++)
    values[i] = mask?.[i] === 0 ? Number.NaN : Number(samples[i]) * scale + offset;
  return values;
}
