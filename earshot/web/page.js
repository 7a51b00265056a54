/* The page: buttons in, words and times out. */

import { Budget } from "./budget.js";
import { draw } from "./chart.js";
import { Microphone, Recording, SourceError } from "./sources.js";
import { Stream } from "./stream.js";
import { Transcript, element, time } from "./transcript.js";

const STATES = {
  opening: "Opening …",
  connecting: "Connecting …",
  ready: "Ready",
  listening: "Listening",
  finishing: "Finishing the last words …",
  draining: "The server is going away, and finishes what it has heard …",
  reconnecting: "Connection lost. Trying again; the sound is kept …",
};
const ENDS = {
  closed: "Ended.",
  idle: "No sound came for too long. Start again to go on.",
  length_limit: "The session was as long as it may be. Start again to go on.",
  slow_consumer: "This page fell behind. Close other tabs and start again.",
};
const AWAY = "The server did not come back. Start again to go on.";
const ABSENT = "does not answer. Start it with “earshot serve”, then try again.";

const part = Object.fromEntries(
  [...document.querySelectorAll("[id]")].map((one) => [one.id, one]),
);
const address = new URL("v1/stream", document.baseURI);
address.protocol = address.protocol.replace("http", "ws");
const transcript = new Transcript(part.finals, part.live);
let budget = new Budget();
let source, stream, fault, starter;
let attempt = 0;
let level = 0;

// -- a session, from a button to its end -----------------------------------------

async function begin(open) {
  const mine = ++attempt;
  starter = document.activeElement;
  say("opening");
  try {
    const opened = await open();
    if (mine !== attempt) return opened.stop();
    source = opened;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return say("failed", error.message);
  }
  budget = new Budget();
  fault = null;
  transcript.anew();
  part.notes.replaceChildren();
  draw(budget);
  swap(true);
  stream = new Stream(address, { event, state });
  source.start(push, finish);
}

function push(samples) {
  stream.push(samples);
  level = Math.max(0.85 * level, Math.max(...samples) / 32_768);
  part.level.style.setProperty("--level", level.toFixed(2));
  part.clock.textContent = time(stream.ms);
}

function finish() {
  hush();
  stream.close();
  say("finishing");
}

function hush() {
  source?.stop();
  source = null;
  part.level.style.setProperty("--level", 0);
}

/* Starting and stopping change places, and hand the focus on. */
function swap(running) {
  const focused = part.controls.contains(document.activeElement);
  part.starters.hidden = running;
  part.stop.hidden = !running;
  if (focused) (running ? part.stop : starter).focus();
}

// -- what the stream tells -----------------------------------------------------------

function event(event) {
  budget.add(event, (ms) => stream.since(ms));
  transcript.take(event);
  part.copy.disabled = !transcript.text;
  if (event.type === "partial" || event.type === "final") draw(budget);
  if (event.type === "warning") note(event);
  if (event.type === "error" && !event.fatal) note(event);
  if (event.type === "error" && event.fatal) fault = event;
  if (event.type === "ready") part.model.textContent = event.model;
  if (event.usage) spend(event.usage);
}

function state(name, detail) {
  if (name === "ended" || name === "failed") {
    hush();
    swap(false);
    say(name, name === "ended" ? ending(detail) : failure(detail));
  } else {
    const flows = name === "ready" || name === "listening";
    say(flows && !source ? "finishing" : name);
  }
}

function say(name, words = STATES[name]) {
  part.status.dataset.state = name;
  part.status.textContent = words;
}

function ending({ reason }) {
  return ENDS[reason] ?? (fault ? blame() : `Ended (${reason}). Start again.`);
}

function failure({ began }) {
  if (fault) return blame();
  return began ? AWAY : `${address.host} ${ABSENT}`;
}

function blame() {
  const { message, retry_ms } = fault;
  const when = retry_ms ? `in ${Math.ceil(retry_ms / 1000)} s` : "in a moment";
  return `The server says: ${message}. Try again ${when}.`;
}

function note({ message, start_ms, end_ms }) {
  const place = start_ms == null ? "" : `${time(start_ms)}–${time(end_ms)}: `;
  part.notes.append(element("li", {}, place + message));
}

function spend({ audio_ms, speech_ms, dropped_ms, segments }) {
  part.sound.textContent = time(audio_ms);
  part.speech.textContent = time(speech_ms);
  part.dropped.textContent = time(dropped_ms);
  part.segments.textContent = segments;
}

// -- controls -------------------------------------------------------------------------

part.microphone.onclick = () => begin(() => Microphone.open());
part.file.onchange = () => {
  const [file] = part.file.files;
  part.file.value = "";
  if (file) begin(() => Recording.open(file, part.aloud.checked));
};
part.stop.onclick = finish;
part.copy.onclick = async () => {
  try {
    await navigator.clipboard.writeText(transcript.text);
    part.copy.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(part.finals);
    part.copy.textContent = "Selected; copy it";
  }
  setTimeout(() => (part.copy.textContent = "Copy transcript"), 2000);
};
draw(budget);
