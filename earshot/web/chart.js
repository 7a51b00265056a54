/* The latency budget's numbers, into the page's bars and tables. */

const OBJECTIVE = 800;
const bars = document.querySelector("#bars");
const whole = (ms) => (ms === undefined ? "–" : Math.round(ms));

export function draw(budget) {
  const { words, finals, firstWords, firstStable } = budget;
  const longest = Math.max(...[words, finals].map((one) => one.median("total") ?? 0));
  const scale = Math.max(2 * OBJECTIVE, longest);
  bars.style.setProperty("--objective", OBJECTIVE / scale);
  bar("#words-bar", words, scale);
  bar("#finals-bar", finals, scale);
  for (const { className, cells } of document.querySelectorAll("#stages tbody tr")) {
    fill(cells, className, words, finals);
  }
  fill(document.querySelector("#first-words").cells, "total", firstWords);
  fill(document.querySelector("#first-stable").cells, "total", firstStable);
}

function fill([, ...cells], stage, ...series) {
  const times = series.flatMap((one) => [one.last[stage], one.median(stage)]);
  times.forEach((ms, at) => (cells[at].textContent = whole(ms)));
}

function bar(id, series, scale) {
  const all = document.querySelector(id);
  all.querySelector("strong").textContent = whole(series.median("total"));
  for (const part of all.querySelectorAll("span")) {
    part.style.width = `${(100 * (series.median(part.className) ?? 0)) / scale}%`;
  }
}
