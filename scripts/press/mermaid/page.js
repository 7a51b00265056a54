// The page that draws. Evaluated before Mermaid is, so that Mermaid too sees a
// clock that stands still and a random generator that repeats itself.
"use strict";

window.Date = class extends Date {
  static now() { return super.UTC(2026, 0, 1); }
  constructor(...parts) { parts.length ? super(...parts) : super(Date.now()); }
};

window.reseed = (seed) => {
  let state = seed;
  Math.random = () => { // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};
window.reseed(1);

window.loadFonts = async (fonts) => {
  for (const font of fonts)
    if (!(await document.fonts.load(font)).length) throw new Error(`no font ${font}`);
};

// One diagram in one scheme → {svg: flat SVG text} or {error: what Mermaid says}.
// Each starts from the same state.
window.draw = async (config, source, about) => {
  const host = document.createElement("div");
  try {
    window.reseed(1);
    mermaid.initialize(config);
    const { svg } = await mermaid.render("diagram", source);
    document.body.append(host);
    host.innerHTML = svg;
    return { svg: window.flatten(host.firstElementChild, about) };
  } catch (error) {
    return { error: String(error.message || error) };
  } finally {
    host.remove();
  }
};
0;
