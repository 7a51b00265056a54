// Fleets and their cost, as in `earshot/scaling/cost.py`. Money is US dollars.
import { normalQuantile } from "./budget.js";

const HOURS = 24;
const DAYS = 365 / 12; // in a month, on average

export function peakStreams({ hours, peak, risk = 0.001 }) {
  const mean = (hours / HOURS) * peak;
  return Math.ceil(mean + normalQuantile(1 - risk) * Math.sqrt(mean));
}

export function fleet(demand, streams, price, spare = 1) {
  const machines = Math.ceil(peakStreams(demand) / streams) + spare;
  const perDay = machines * HOURS * price;
  return {
    machines,
    perMonth: perDay * DAYS,
    perAudioHour: perDay / demand.hours,
    utilisation: demand.hours / HOURS / (machines * streams),
  };
}
