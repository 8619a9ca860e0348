/**
 * Dots that stand for a normal distribution between the ends of an interval: each is as likely as any other, so that 4 of 20
 * above 0 means 20 percent. coverage is what the interval holds, .8 in predictions.
 */
export function quantileDots(low: number, high: number, count = 20, coverage = 0.8): number[] {
  const mean = (low + high) / 2;
  const sigma = (high - low) / 2 / inverseNormal(0.5 + coverage / 2);
  return Array.from({ length: count }, (_, i) => mean + sigma * inverseNormal((i + 0.5) / count));
}

/** The standard normal's quantile, by bisection of its distribution function; good to about 1e-7. */
export function inverseNormal(p: number): number {
  let low = -8;
  let high = 8;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normal(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The standard normal's distribution function (Abramowitz and Stegun 26.2.17, error below 7.5e-8). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) *
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z >= 0 ? 1 - tail : tail;
}
