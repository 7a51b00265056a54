// What a batch gains, with sliders for its cost, the arrivals and the limit.
import { batchWhenBusy, load, rate, waitAlone } from "./batching.js";
import { Calculator, define } from "./calculator.js";

class BatchingGain extends Calculator {
  sliders = [
    slider("call", "A call, whatever is in it", "ms", 46, 0, 200),
    slider("each", "Each item in it, besides", "ms", 37, 1, 200),
    slider("arrivals", "Arrivals", "a second", 8, 1, 60),
    slider("limit", "Batch limit", "items", 8, 1, 32),
  ];

  answer({ call, each, arrivals, limit }) {
    const cost = { call: call / 1000, item: each / 1000 };
    const alone = rate(cost, 1);
    const most = rate(cost, limit);
    const busy = load(cost, arrivals, limit);
    const size = batchWhenBusy(cost, arrivals);
    const wait = waitAlone(cost, arrivals);
    const capacity =
      `Alone ${alone.toFixed(1)} a second, in full batches ` +
      `${most.toFixed(1)}: ${(most / alone).toFixed(2)} times as many.`;
    const line =
      busy < 1
        ? `The arrivals ask for ${(100 * busy).toFixed(0)}% of that.`
        : "The arrivals ask for more: the line grows without end.";
    const without = Number.isFinite(wait)
      ? `Without batches they would wait ${(1000 * wait).toFixed(0)} ms in line.`
      : "Without batches the line would grow without end.";
    const own = Number.isFinite(size)
      ? `Without a limit, a recogniser that never rests would have ` +
        `${size.toFixed(1)} in a call.`
      : "";
    return [capacity, line, without, own].join(" ").trim();
  }
}

function slider(name, label, unit, value, least, most) {
  return { name, label, unit, value, least, most, step: 1 };
}

define("batching-gain", BatchingGain);
