/* The microphone's samples as packets: 20 ms at 16 kHz, 16 bits each. */

const PACKET = 320;

class Packets extends AudioWorkletProcessor {
  #packet = new Int16Array(PACKET);
  #filled = 0;

  process([[samples = []]]) {
    for (const sample of samples) {
      this.#packet[this.#filled++] = 32767 * Math.max(-1, Math.min(1, sample));
      if (this.#filled < PACKET) continue;
      this.port.postMessage(this.#packet.slice());
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor("packets", Packets);
