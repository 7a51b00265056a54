// What batching gives, as in `earshot/inference/batching.py`. Times are seconds.

export const rate = ({ call, item }, items) => items / (call + item * items);

export const load = (cost, arrivals, limit) => arrivals / rate(cost, limit);

export function waitAlone(cost, arrivals) {
  const busy = load(cost, arrivals, 1);
  const service = cost.call + cost.item;
  return busy < 1 ? (busy * service) / (2 * (1 - busy)) : Infinity;
}

export function batchWhenBusy({ call, item }, arrivals) {
  const spare = 1 - arrivals * item;
  return spare > 0 ? (arrivals * call) / spare : Infinity;
}
