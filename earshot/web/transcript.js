/* Words on the page: lines that still change, and final ones above them. */

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/* Milliseconds as minutes and seconds: 1:05. */
export function time(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export class Transcript {
  #finals;
  #live;
  #lines = new Map(); // by segment

  constructor(finals, live) {
    this.#finals = finals;
    this.#live = live;
  }

  get text() {
    const words = this.#finals.querySelectorAll(".words");
    return [...words].map((one) => one.textContent).join("\n");
  }

  /* Another session's words go below a rule. */
  anew() {
    for (const segment of this.#lines.keys()) this.#lose({ segment });
    if (this.text) this.#finals.append(element("hr"));
  }

  take(event) {
    const seen = this.#live.getBoundingClientRect().top < innerHeight;
    if (event.type === "ready" && !event.resumed) this.#drop();
    if (event.type === "speech_started") this.#begin(event);
    if (event.type === "partial") this.#change(event);
    if (event.type === "final") this.#settle(event);
    if (event.type === "error") this.#lose(event);
    if (seen) this.#live.lastChild?.scrollIntoView({ block: "nearest" });
  }

  #begin({ segment, start_ms }) {
    const line = paragraph(start_ms);
    this.#lines.set(segment, line);
    this.#live.append(line);
  }

  #change({ segment, stable, unstable }) {
    const space = stable && unstable ? " " : "";
    const rest = element("span", { className: "unstable" }, unstable);
    const words = this.#lines.get(segment)?.lastChild;
    words?.replaceChildren(stable, space, rest);
  }

  #settle({ segment, start_ms, text, cut }) {
    this.#remove(segment);
    if (!text) return;
    const words = cut ? `${text} […]` : text;
    this.#finals.append(paragraph(start_ms, words));
  }

  /* Stable words stay, although the segment has no final. */
  #lose({ segment }) {
    const line = this.#lines.get(segment);
    if (!line) return;
    line.querySelector(".unstable")?.replaceWith(" [the rest is lost]");
    this.#finals.append(line);
    this.#lines.delete(segment);
  }

  #remove(segment) {
    this.#lines.get(segment)?.remove();
    this.#lines.delete(segment);
  }

  #drop() {
    this.#live.replaceChildren();
    this.#lines.clear();
  }
}

function paragraph(ms, ...words) {
  const stamp = element("time", { dateTime: `PT${ms / 1000}S` }, time(ms));
  return element("p", {}, stamp, element("span", { className: "words" }, ...words));
}
