import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandOfRole } from './bandRoles.ts';
import { evaluateExpression } from './evaluateExpression.ts';
import { bandsOfExpression, parseExpression } from './expression.ts';

const sentinel = ['B01', 'B02', 'B03', 'B04', 'B05', 'B06', 'B07', 'B08', 'B8A', 'B09', 'B11'].map(
  (name) => ({ name }),
);
const plain = [{ name: 'x' }, { name: 'y' }, { name: 'Band 3 (665 nm)' }];

/** The value with x = 4, y = 0.5 and the third band 9. */
function valueOf(text: string): number {
  const bands = new Map([
    [0, [4]],
    [1, [0.5]],
    [2, [9]],
  ]);
  return evaluateExpression(parseExpression(text, plain), bands, 1)[0]!;
}

describe('band arithmetic', () => {
  it.each([
    ['(x - y) / (x + y)', 3.5 / 4.5],
    ['x - y - y', 3],
    ['x / y / y', 16],
    ['x ^ y ^ y', 4 ** (0.5 ** 0.5)],
    ['-x ^ 2', -16],
    ['x ^ -y', 0.5],
    ['2 * -x', -8],
    ['--x', 4],
    ['+x - +y', 3.5],
    ['sqrt(`Band 3 (665 nm)`) + abs(-x)', 7],
    ['log(exp(x)) + log10(100 * x / x)', 6],
    ['min(x, y) + max(x, b3)', 9.5],
    ['1.5e1*x+.5*y', 60.25],
    ['SQRT(X)', 2],
  ])('%s', (text, value) => {
    expect(valueOf(text)).toBeCloseTo(value, 12);
  });

  it('agrees with JavaScript on random expressions', () => {
    const { text } = fc.letrec<{ text: string; sum: string }>((tie) => ({
      text: fc.oneof({ maxDepth: 5 }, fc.constantFrom('x', 'y', 'x * 1', '2.5', '3'), tie('sum')),
      sum: fc
        .tuple(
          tie('text'),
          fc.constantFrom('+', '-', '*', '/'),
          tie('text'),
          fc.integer({ max: 2 }),
        )
        .map(([a, operator, b, form]) =>
          form === 2
            ? `(${a}) ${operator} ${b}`
            : form === 1
              ? // with spaces, for JavaScript takes two signs for a decrement
                `-(${a} ${operator} ${b})`
              : `${a} ${operator} (${b})`,
        ),
    }));
    fc.assert(
      fc.property(text, (random) => {
        const whole = `x - x + ${random}`;
        // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the reference, over our own text
        const reference = new Function('x', 'y', `return ${whole}`) as (
          x: number,
          y: number,
        ) => number;
        expect(valueOf(whole)).toBe(reference(4, 0.5));
      }),
    );
  });

  it('has no value where a division or a root has none', () => {
    const expression = parseExpression('b1 / b2 + sqrt(b1)', plain);
    const bands = new Map([
      [0, [1, -1, 4]],
      [1, [0, 1, 2]],
    ]);
    const values = evaluateExpression(expression, bands, 3);
    expect([...values].map(Number.isFinite)).toEqual([false, false, true]);
  });

  it.each([
    ['B4', 3],
    ['B04', 3],
    ['b4', 3],
    ['B8A', 8],
    ['b8a', 8],
    ['B9', 9],
    ['b9', 8],
    ['B11', 10],
  ])('finds %s of Sentinel-2', (name, band) => {
    expect(bandsOfExpression(parseExpression(name, sentinel))).toEqual([band]);
  });

  it('names each band once, in order', () => {
    expect(bandsOfExpression(parseExpression('(B8 - B4) / (B8 + B4)', sentinel))).toEqual([7, 3]);
  });

  it.each([
    ['', 'missing'],
    ['(x', '")" is missing'],
    ['x +', 'missing'],
    ['x y', 'does not belong'],
    ['x ; y', 'not understood'],
    ['z', 'There is no band z (there are x, y'],
    ['sin(x)', 'no function sin'],
    ['min(x)', 'two values'],
    ['x.constructor', 'not understood'],
    ['constructor(x)', 'no function'],
    ['3 + 4', 'names no band'],
    [`${'('.repeat(500)}x`, 'nested too deeply'],
    [`${'-'.repeat(1500)}x`, 'nested too deeply'],
    ['x+'.repeat(1500), 'longer than'],
  ])('refuses %.20s', (text, reason) => {
    expect(() => parseExpression(text, plain)).toThrow(reason);
  });

  it('reads or refuses any text, and never fails otherwise', () => {
    const pieces = fc.array(
      fc.constantFrom('x', 'b2', '(', ')', '+', '-', '*', '/', '^', ',', 'min', '1', '.', '`', ' '),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        try {
          bandsOfExpression(parseExpression(parts.join(''), plain));
        } catch (error) {
          expect(error).toMatchObject({ code: 'usage' });
        }
      }),
    );
  });
});

describe('roles of bands', () => {
  it('go by wavelength, within what the role can be', () => {
    const bands = [443, 560, 665, 705, 865, 1610].map((wavelengthNm) => ({
      name: 'x',
      wavelengthNm,
    }));
    expect(bandOfRole('red', bands)).toBe(2);
    expect(bandOfRole('nir', bands)).toBe(4);
    expect(bandOfRole('swir1', bands)).toBe(5);
    expect(bandOfRole('swir2', bands)).toBeUndefined();
    expect(bandOfRole('redEdge', bands)).toBe(3);
  });

  it('go by name where there are no wavelengths; the red edge is not red', () => {
    const bands = ['Blue', 'Red edge', 'Red', 'NIR'].map((name) => ({ name }));
    expect(bandOfRole('red', bands)).toBe(2);
    expect(bandOfRole('redEdge', bands)).toBe(1);
    expect(bandOfRole('nir', bands)).toBe(3);
    expect(bandOfRole('green', bands)).toBeUndefined();
    expect(bandOfRole('swir1', sentinel)).toBe(10);
  });

  it('a bad band plays none', () => {
    const bands = [
      { name: 'a', wavelengthNm: 665, bad: true },
      { name: 'b', wavelengthNm: 670 },
    ];
    expect(bandOfRole('red', bands)).toBe(1);
  });
});
