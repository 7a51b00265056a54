/* Where sound comes from. A source gives packets of 20 ms, Int16Array(320), at
   the pace of real time, and says when there are no more.

   The browser resamples, since the contexts have the rate of the packets. Their
   bytes are little-endian, as the protocol asks, on all machines with browsers. */

const RATE = 16_000;
const PACKET = 320;
const PACKET_MS = 20;
const MICROPHONE = { echoCancellation: false, noiseSuppression: false };
const REFUSALS = {
  NotAllowedError: "The browser may not use the microphone. Allow it in its settings",
  NotFoundError: "There is no microphone. Plug one in",
  NotReadableError: "Another program holds the microphone. Close that",
};

/* Its message is for the reader of the page. */
export class SourceError extends Error {}

export class Microphone {
  static async open() {
    if (!navigator.mediaDevices || !window.AudioWorkletNode) {
      throw new SourceError(
        "Browsers lend a microphone only to pages by https or from the " +
          "same machine, and need AudioWorklet for it. Open a file instead.",
      );
    }
    const microphone = new Microphone();
    try {
      await microphone.#connect();
      return microphone;
    } catch ({ name }) {
      microphone.stop();
      const why = REFUSALS[name] ?? `The microphone failed (${name}). Try again`;
      throw new SourceError(`${why}, or open a file.`);
    }
  }

  #tracks = [];
  #context = new AudioContext({ sampleRate: RATE });
  #packets;

  async #connect() {
    const sound = await navigator.mediaDevices.getUserMedia({ audio: MICROPHONE });
    this.#tracks = sound.getTracks();
    await this.#context.audioWorklet.addModule(new URL("worklet.js", import.meta.url));
    this.#packets = new AudioWorkletNode(this.#context, "packets");
    this.#context.createMediaStreamSource(sound).connect(this.#packets);
  }

  start(push, done) {
    this.#packets.port.onmessage = ({ data }) => push(data);
    this.#tracks[0].onended = done;
  }

  stop() {
    for (const track of this.#tracks) track.stop();
    this.#context.close();
  }
}

export class Recording {
  static async open(file, aloud) {
    const recording = new Recording();
    if (aloud) recording.#speakers = new AudioContext();
    try {
      const decoder = new OfflineAudioContext(1, 1, RATE);
      recording.#sound = await decoder.decodeAudioData(await file.arrayBuffer());
      return recording;
    } catch {
      recording.stop();
      throw new SourceError(
        `This browser can't read sound from ${file.name}. ` +
          "Try WAV, MP3, FLAC, Ogg or M4A.",
      );
    }
  }

  #sound;
  #speakers;
  #timer;

  start(push, done) {
    const packets = packed(mixed(this.#sound));
    const began = performance.now();
    if (this.#speakers) this.#play();
    let next = 0;
    this.#timer = setInterval(() => {
      const due = Math.floor((performance.now() - began) / PACKET_MS);
      while (next < Math.min(due, packets.length)) push(packets[next++]);
      if (next === packets.length) done();
    }, PACKET_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#speakers?.close();
  }

  #play() {
    const player = this.#speakers.createBufferSource();
    player.buffer = this.#sound;
    player.connect(this.#speakers.destination);
    player.start();
  }
}

/* The mean of all channels. */
function mixed(sound) {
  const count = sound.numberOfChannels;
  const channels = Array.from({ length: count }, (_, i) => sound.getChannelData(i));
  return channels[0].map(
    (_, at) => channels.reduce((sum, c) => sum + c[at], 0) / count,
  );
}

/* Silence fills the last packet up. */
function packed(samples) {
  const packets = [];
  for (let at = 0; at < samples.length; at += PACKET) {
    const packet = new Int16Array(PACKET);
    const part = samples.subarray(at, at + PACKET);
    packet.set(part.map((one) => 32767 * Math.max(-1, Math.min(1, one))));
    packets.push(packet);
  }
  return packets;
}
