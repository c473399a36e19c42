import type { Expression, FunctionName, Operator } from './expression.ts';

/**
 * Values of an expression for `length` pixels.
 * @param bands physical values of each band that it names, by band
 * @returns not finite where there is no value: division by 0, root or logarithm of a negative number
 */
export function evaluateExpression(
  expression: Expression,
  bands: ReadonlyMap<number, ArrayLike<number>>,
  length: number,
): Float64Array {
  switch (expression.kind) {
    case 'number':
      return new Float64Array(length).fill(expression.value);
    case 'band':
      return Float64Array.from(bands.get(expression.band)!);
    case 'negate':
      return evaluateExpression(expression.of, bands, length).map((value) => -value);
    case 'operation': {
      const left = evaluateExpression(expression.left, bands, length);
      combine(expression.operator, left, evaluateExpression(expression.right, bands, length));
      return left;
    }
    case 'call': {
      const given = expression.arguments.map((part) => evaluateExpression(part, bands, length));
      apply(expression.name, given[0]!, given[1]);
      return given[0]!;
    }
  }
}

/** left = left operator right */
function combine(operator: Operator, left: Float64Array, right: Float64Array): void {
  const { length } = left;
  if (operator === '+') for (let i = 0; i < length; i++) left[i]! += right[i]!;
  else if (operator === '-') for (let i = 0; i < length; i++) left[i]! -= right[i]!;
  else if (operator === '*') for (let i = 0; i < length; i++) left[i]! *= right[i]!;
  else if (operator === '/') for (let i = 0; i < length; i++) left[i]! /= right[i]!;
  else for (let i = 0; i < length; i++) left[i] = left[i]! ** right[i]!;
}

const single: Readonly<Record<string, (value: number) => number>> = {
  sqrt: Math.sqrt,
  log: Math.log,
  log10: Math.log10,
  exp: Math.exp,
  abs: Math.abs,
};

/** first = name(first, second) */
function apply(name: FunctionName, first: Float64Array, second: Float64Array | undefined): void {
  if (second !== undefined) {
    const choose = name === 'min' ? Math.min : Math.max;
    for (let i = 0; i < first.length; i++) first[i] = choose(first[i]!, second[i]!);
    return;
  }
  const of = single[name]!;
  for (let i = 0; i < first.length; i++) first[i] = of(first[i]!);
}
