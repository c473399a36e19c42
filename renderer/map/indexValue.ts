import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import { evaluateExpression } from '../../app/raster/evaluateExpression.ts';
import { bandsOfExpression, parseExpression } from '../../app/raster/expression.ts';

/**
 * Band arithmetic at one pixel; null where a band has no data or the arithmetic no value.
 * @param values physical values of all bands
 * @throws AppError `usage` where the expression is none
 */
export function indexValue(
  text: string,
  info: Pick<SceneInfo, 'bands'>,
  values: readonly (number | null)[],
): number | null {
  const expression = parseExpression(text, info.bands);
  const bands = bandsOfExpression(expression).map(
    (band) => [band, [values[band] ?? Number.NaN]] as const,
  );
  const [value] = evaluateExpression(expression, new Map(bands), 1);
  return Number.isFinite(value) ? value! : null;
}
