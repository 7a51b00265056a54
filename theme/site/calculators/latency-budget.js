// The latency budget, with sliders for its parameters.
import { evaluate, filled } from "./budget.js";
import { Calculator, define } from "./calculator.js";

const MOST = 4; // a slider ends at so many times its first value

const answer = await fetch(new URL("budget.json", import.meta.url));
if (answer.ok) begin(await answer.json()); // else the static budget is still there

function begin({ stages, parameters, labels, target_ms }) {
  class LatencyBudget extends Calculator {
    sliders = Object.entries(parameters).map(([name, value]) => ({
      name,
      label: labels[name],
      unit: "ms",
      value,
      least: 1,
      most: MOST * value,
    }));

    answer(values) {
      const found = evaluate(filled(stages, values), target_ms);
      return (
        `Half of the words within ${found.p50.toFixed(0)} ms, 95% within ` +
        `${found.p95.toFixed(0)} ms; ${(100 * found.share).toFixed(1)}% within ` +
        `the target of ${target_ms} ms. The 95th percentiles added up: ` +
        `${found.added.toFixed(0)} ms.`
      );
    }
  }
  define("latency-budget", LatencyBudget);
}
