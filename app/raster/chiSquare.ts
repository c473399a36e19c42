/** Probability that a chi-square variable of some degrees of freedom lies above a value. */
export function chiSquareAbove(value: number, degrees: number): number {
  if (!(value > 0)) return 1;
  const x = value / 2;
  // The recurrence Q(a + 1, x) = Q(a, x) + xᵃ e⁻ˣ / Γ(a + 1), from a = 1 or 1/2.
  let a = degrees % 2 === 0 ? 1 : 0.5;
  let above = degrees % 2 === 0 ? Math.exp(-x) : complementaryError(Math.sqrt(x));
  let term = degrees % 2 === 0 ? x * Math.exp(-x) : 2 * Math.sqrt(x / Math.PI) * Math.exp(-x);
  for (; a < degrees / 2 - 1e-9; a++) {
    above += term;
    term *= x / (a + 1);
  }
  return Math.min(1, above);
}

/** erfc to 1.2e-7 (Numerical Recipes' Chebyshev fit, Press et al. 1992), of x ≥ 0. */
function complementaryError(x: number): number {
  const t = 1 / (1 + 0.5 * x);
  const coefficients = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
    1.48851587, -0.82215223, 0.17087277,
  ];
  const exponent = coefficients.reduceRight((sum, one) => sum * t + one, 0);
  return t * Math.exp(-x * x + exponent);
}
