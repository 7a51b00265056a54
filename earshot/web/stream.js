/* One session with Earshot, over as many connections as it takes.

   Packets go in, events come out. Packets are kept until a final covers them,
   so that a lost connection or a new server costs time, not words. Names that
   end in `ms` count milliseconds of the audio. Nothing in here knows a page. */

const SAMPLES_A_MS = 16;
const KEPT_MS = 60_000;
const MARGIN_MS = 500;
const FIRST_WAIT = 250;
const LONGEST_WAIT = 4_000;
const PATIENCE = 5_000;
/* Closed by a network, by a proxy, or by a server that is full or going away. */
const PASSING = [1001, 1005, 1006, 1011, 1012, 1013, 1014, 4429, 4503];

export class Stream {
  #url;
  #listener;
  #socket;
  #timer;
  #session = null; // name and token, once there was a `ready`
  #limits;
  #seq = 0; // of the last event
  #held = []; // packets that may be asked for again
  #count = 0; // packets so far
  #next = 0; // number of the packet to send next
  #ms = 0; // end of the last packet
  #sent_ms = 0; // end of the last packet sent
  #origin; // when the server's clock began, and at which ms
  #open = false; // between a connection's `ready` and its end
  #closing = false;
  #away = null; // since when there is no connection
  #state;

  /* `listener.event(event)` is told what the server says, `listener.state(name,
     detail)` that the stream is connecting, ready, listening, draining or
     reconnecting, that it has ended, with the last event, or that it failed, with
     whether a session `began`. */
  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
    this.#timer = setInterval(() => this.#pump(), 100);
    this.#say("connecting");
    this.#connect();
  }

  /* How much audio there was so far. */
  get ms() {
    return this.#ms;
  }

  // --8<-- [start:packets]
  push(samples) {
    const start = this.#ms;
    this.#ms += samples.length / SAMPLES_A_MS;
    const packet = { number: this.#count++, start, end: this.#ms };
    this.#held.push({ ...packet, samples, at: performance.now() });
    this.#forget(Math.min(this.#sent_ms, this.#ms - KEPT_MS));
    this.#pump();
  }

  /* No more sound comes; the server sends what is left, then ends. */
  close() {
    this.#closing = true;
  }

  /* How long ago, in ms, the last of the audio up to `ms` was there to be sent,
     as long as no final covers it. */
  since(ms) {
    const packet = this.#held.find(({ end }) => end >= ms);
    return packet ? performance.now() - packet.at : 0;
  }

  #forget(ms) {
    while (this.#held.length && this.#held[0].end <= ms) this.#held.shift();
  }

  #pump() {
    if (!this.#open) return;
    for (const packet of this.#held) {
      if (packet.number < this.#next) continue;
      if (packet.end > this.#furthest()) return;
      this.#socket.send(packet.samples);
      this.#next = packet.number + 1;
      this.#sent_ms = packet.end;
      if (this.#state === "ready") this.#say("listening");
    }
    if (this.#closing) {
      this.#socket.send('{"type": "close"}');
      this.#open = false;
    }
  }

  /* Audio may not be further ahead of the server's clock than its limit. */
  #furthest() {
    const { ms, at } = this.#origin;
    const passed = performance.now() - at;
    return ms + passed + 1000 * this.#limits.ahead - MARGIN_MS;
  }
  // --8<-- [end:packets]

  // --8<-- [start:connection]
  #connect() {
    const socket = new WebSocket(this.#url);
    const patience = setTimeout(() => socket.close(), PATIENCE);
    socket.onopen = () => socket.send(JSON.stringify(this.#config()));
    socket.onmessage = ({ data }) => {
      clearTimeout(patience);
      this.#receive(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      clearTimeout(patience);
      this.#lost(code);
    };
    this.#socket = socket;
  }

  #config() {
    const config = { type: "config", codec: "pcm16", rate: 16000 };
    if (!this.#session) return config;
    const [first = { number: this.#count, start: this.#ms }] = this.#held;
    const place = { packet: first.number, start_ms: first.start };
    const resume = { ...this.#session, last_seq: this.#seq, ...place };
    return { ...config, resume };
  }

  #lost(code) {
    this.#open = false;
    if (!this.#timer) return;
    this.#away ??= performance.now();
    const away = performance.now() - this.#away;
    const passing = this.#session && PASSING.includes(code);
    if (!passing || away > 1000 * this.#limits.resume) {
      return this.#stop("failed", { began: this.#session !== null });
    }
    this.#say("reconnecting");
    const wait = Math.min(Math.max(away, FIRST_WAIT), LONGEST_WAIT);
    setTimeout(() => this.#connect(), wait * (0.75 + Math.random() / 2));
  }
  // --8<-- [end:connection]

  // --8<-- [start:events]
  #receive(event) {
    const { type, code } = event;
    if (type === "ready") this.#begin(event);
    else if (this.#away === null) this.#seq = event.seq;
    this.#listener.event(event);
    if (type === "final") this.#forget(event.end_ms);
    if (type === "warning" && code === "draining") this.#say("draining");
    if (type === "session.ended") this.#end(event);
  }

  #begin({ session, token, resumed, seq, packet, audio_ms, limits }) {
    if (!resumed) {
      this.#seq = seq;
      this.#origin = { ms: audio_ms, at: performance.now() };
    }
    this.#session = { session, token };
    this.#limits = limits;
    this.#next = packet;
    this.#sent_ms = audio_ms;
    this.#away = null;
    this.#open = true;
    this.#say("ready");
  }

  /* A server that goes away has heard audio up to `last_ms`; another may go on. */
  #end(event) {
    this.#forget(event.last_ms);
    const rest = this.#held.length || !this.#closing;
    if (event.reason !== "draining" || !rest) this.#stop("ended", event);
  }

  #stop(name, detail) {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#say(name, detail);
  }

  #say(name, detail) {
    this.#state = name;
    this.#listener.state(name, detail);
  }
  // --8<-- [end:events]
}
