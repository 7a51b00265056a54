/* Where the time went, in ms, by this page's own clock.

   A stable word's time begins in the middle of the step in which it was spoken,
   a final's when the voice fell silent. The server tells its stages as durations,
   so no two clocks are compared. Network and buffers are what remains between the
   sending of a partial's last audio and its coming; a final's are taken as equal. */

const KEPT = 1000;

export class Budget {
  words = new Series();
  finals = new Series();
  firstWords = new Series();
  firstStable = new Series();
  #segments = new Map();
  #network = 0;

  // --8<-- [start:add]
  /* Takes an event; `since(ms)` says how long ago the audio up to `ms` was sent. */
  add(event, since) {
    if (event.type === "ready" && !event.resumed) this.#segments.clear();
    if (event.type === "speech_started") this.#started(event);
    if (event.type === "partial") this.#partial(event, since);
    if (event.type === "final") this.#final(event);
  }

  #started({ segment, voice_ms }) {
    const heard = [voice_ms, voice_ms]; // how far, the last two times
    this.#segments.set(segment, { voice_ms, heard, words: "", stable: "" });
  }

  #partial(
    { segment, stable, stable_ms, unstable, end_ms, timing },
    since,
  ) {
    const one = this.#segments.get(segment);
    if (!one) return;
    const words = stable + unstable;
    const spoken = since(one.voice_ms);
    this.#network = Math.max(0, since(end_ms) - timing.total);
    if (words && !one.words) this.firstWords.add({ total: spoken });
    if (stable && !one.stable) this.firstStable.add({ total: spoken });
    if (stable !== one.stable) {
      const step = (stable_ms - one.heard[0]) / 2;
      const second = end_ms - stable_ms;
      this.words.add(this.#stages({ step, second }, timing));
    }
    Object.assign(one, { heard: [one.heard[1], end_ms], words, stable });
  }

  #final({ segment, timing }) {
    this.finals.add(this.#stages({ endpoint: timing.endpoint }, timing));
    this.#segments.delete(segment);
  }

  #stages(policy, { hear, queue, decode }) {
    return { ...policy, network: this.#network, hear, queue, decode };
  }
  // --8<-- [end:add]
}

/* Times by stage: the last, and the medians of the last thousand. */
class Series {
  last = {};
  #all = [];

  add(times) {
    const total = Object.values(times).reduce((sum, one) => sum + one, 0);
    this.last = { total, ...times };
    this.#all = [...this.#all, this.last].slice(-KEPT);
  }

  median(stage) {
    const values = this.#all
      .map((times) => times[stage])
      .sort((a, b) => a - b);
    return values[Math.floor((values.length - 1) / 2)];
  }
}
