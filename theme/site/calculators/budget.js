// The latency budget of `earshot/slo/budget.py`: the same shapes, the same sum.
// All times are milliseconds.

const TAU = 2 ** 32;

// Wichura's algorithm AS 241, as in Python's `statistics.NormalDist`.
export function normalQuantile(p) {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(A, r)) / polynomial(B, r);
  }
  const r = Math.sqrt(-Math.log(q <= 0 ? p : 1 - p));
  const far =
    r <= 5
      ? polynomial(C, r - 1.6) / polynomial(D, r - 1.6)
      : polynomial(E, r - 5) / polynomial(F, r - 5);
  return q < 0 ? -far : far;
}

const A = [
  2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
  45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
  133.14166789178437745, 3.387132872796366608,
];
const B = [
  5226.495278852854561, 28729.085735721942674, 39307.89580009271061,
  21213.794301586595867, 5394.1960214247511077, 687.1870074920579083,
  42.313330701600911252, 1,
];
const C = [
  7.7454501427834140764e-4, 0.0227238449892691845833,
  0.24178072517745061177, 1.27045825245236838258, 3.64784832476320460504,
  5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
];
const D = [
  1.05075007164441684324e-9, 5.475938084995344946e-4,
  0.0151986665636164571966, 0.14810397642748007459, 0.68976733498510000455,
  1.6763848301838038494, 2.05319162663775882187, 1,
];
const E = [
  2.01033439929228813265e-7, 2.71155556874348757815e-5,
  0.0012426609473880784386, 0.026532189526576123093, 0.29656057182850489123,
  1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
];
const F = [
  2.04426310338993978564e-15, 1.4215117583164458887e-7,
  1.8463183175100546818e-5, 7.868691311456132591e-4,
  0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1,
];
const polynomial = (factors, x) => factors.reduce((sum, one) => sum * x + one);

export const SHAPES = {
  fixed: (p, { ms }) => ms,
  uniform: (p, { low_ms, high_ms }) => low_ms + p * (high_ms - low_ms),
  lognormal: (p, { median_ms, p95_ms }) => {
    const sigma = Math.log(p95_ms / median_ms) / normalQuantile(0.95);
    return median_ms * Math.exp(sigma * normalQuantile(p));
  },
  rounds: (p, { step_ms, chance }) =>
    step_ms * Math.max(1, Math.ceil(Math.log1p(-p) / Math.log1p(-chance))),
};

// `samples` equally likely times of a stage, in rising order.
export function spread({ shape, values }, samples) {
  return Array.from({ length: samples }, (_, at) =>
    SHAPES[shape]((at + 0.5) / samples, values),
  );
}

// Totals of so many words, in rising order: the stages' times, each shuffled.
export function totals(stages, samples) {
  const random = dice(1);
  const words = new Float64Array(samples);
  for (const stage of stages) {
    const times = shuffled(spread(stage, samples), random);
    times.forEach((time, at) => (words[at] += time));
  }
  return words.sort();
}

export function percentile(ordered, percent) {
  const rank = Math.ceil((percent * ordered.length) / 100);
  return ordered[Math.max(rank, 1) - 1];
}

// What a budget comes to: `share` is the part of words within the target.
export function evaluate(stages, target, samples = 4000) {
  const words = totals(stages, samples);
  const rows = stages.map((stage) => {
    const times = spread(stage, samples);
    return { ...stage, p50: percentile(times, 50), p95: percentile(times, 95) };
  });
  const added = rows.reduce((sum, row) => sum + row.p95, 0);
  const share = words.filter((word) => word <= target).length / samples;
  const [p50, p95] = [percentile(words, 50), percentile(words, 95)];
  return { rows, p50, p95, added, share };
}

// Stages with the parameters in the place of their names.
export function filled(stages, parameters) {
  const value = (one) => (typeof one === "string" ? parameters[one] : one);
  return stages.map((stage) => ({
    ...stage,
    values: Object.fromEntries(
      Object.entries(stage.values).map(([name, one]) => [name, value(one)]),
    ),
  }));
}

function shuffled(times, random) {
  for (let at = times.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [times[at], times[other]] = [times[other], times[at]];
  }
  return times;
}

// Numbers from 0 to 1, always the same (mulberry32).
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / TAU;
  };
}
