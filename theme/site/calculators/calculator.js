// What all calculators are made of: sliders, and a sentence that says what follows.
// One comes behind every element that has data-calculator="its-name": the static
// figure or table that print, EPUB and readers without scripts have.

export class Calculator extends HTMLElement {
  // A subclass has `sliders` [{ name, label, unit, value, least, most, step }]
  // and `answer(values)`, a text.
  connectedCallback() {
    if (this.form) return;
    this.form = make("form", { className: "calculator" });
    const fields = make("fieldset");
    fields.append(make("legend", { textContent: "Try other values" }));
    for (const slider of this.sliders) fields.append(...this.row(slider));
    const again = make("button", { type: "reset", textContent: "Start again" });
    this.output = make("output", { className: "calculator__answer" });
    this.form.append(fields, again, this.output);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => this.show());
    this.form.addEventListener("reset", () =>
      requestAnimationFrame(() => this.show()),
    );
    this.append(this.form);
    this.show();
  }

  row({ name, label, value, least, most, step = "any" }) {
    const id = `${this.localName}-${++instances}`;
    const input = make("input", { id, name, type: "range" });
    Object.assign(input, { min: least, max: most, step });
    input.setAttribute("value", value); // what a reset goes back to
    return [make("label", { htmlFor: id, textContent: label }), input];
  }

  show() {
    const values = {};
    for (const { name, label, unit, digits = 0 } of this.sliders) {
      const input = this.form.elements.namedItem(name);
      values[name] = Number(input.value);
      const text = `${values[name].toFixed(digits)} ${unit}`;
      input.setAttribute("aria-valuetext", text);
      input.previousElementSibling.textContent = `${label}: ${text}`;
    }
    this.output.textContent = this.answer(values);
  }
}

// Make a subclass known by its name, and put one behind each place that asks for it.
export function define(name, made) {
  customElements.define(name, made);
  for (const place of document.querySelectorAll(`[data-calculator=${name}]`)) {
    place.after(document.createElement(name));
  }
}

let instances = 0;
const make = (tag, properties = {}) =>
  Object.assign(document.createElement(tag), properties);
