// What hours of audio cost, with sliders for the demand and for the machine.
import { Calculator, define } from "./calculator.js";
import { fleet, peakStreams } from "./cost.js";

class FleetCost extends Calculator {
  sliders = [
    slider("hours", "Audio", "hours a day", 1000, [100, 10000], 100),
    slider("peak", "Busiest hour", "times the mean", 2.5, [1, 6], 0.5, 1),
    slider("streams", "A machine holds", "streams", 16, [1, 320], 1),
    slider("price", "A machine costs", "dollars an hour", 0.05, [0.01, 1], 0.01, 2),
    slider("spare", "Spare machines", "in the fleet", 1, [0, 4], 1),
  ];

  answer({ hours, peak, streams, price, spare }) {
    const demand = { hours, peak };
    const found = fleet(demand, streams, price, spare);
    return (
      `Room for ${whole(peakStreams(demand))} streams takes ` +
      `${whole(found.machines)} machines with the spare ones: ` +
      `$${whole(found.perMonth)} a month, ` +
      `$${found.perAudioHour.toFixed(4)} an hour of audio. ` +
      `Over the day ${(100 * found.utilisation).toFixed(0)}% of their room is used.`
    );
  }
}

function slider(name, label, unit, value, [least, most], step, digits = 0) {
  return { name, label, unit, value, least, most, step, digits };
}

const whole = (number) =>
  number.toLocaleString("en-US", { maximumFractionDigits: 0 });

define("fleet-cost", FleetCost);
