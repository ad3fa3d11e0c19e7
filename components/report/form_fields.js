// The fields of a form, found by the keys that Streamlit gives them as class names.
const findAll = (selector) => [...document.querySelectorAll(selector)];

export class FormFields {
  #keys;
  // Whether a script is changing a field, and not the person.
  isFilling = false;

  constructor({ text, choice, toggle, places }) {
    this.#keys = { text, choice, toggle, places };
  }

  get text() {
    return findAll(`.st-key-${this.#keys.text} textarea`)[0];
  }

  get radios() {
    const { choice } = this.#keys;
    return choice ? findAll(`.st-key-${choice} input[type=radio]`) : [];
  }

  get toggle() {
    const { toggle } = this.#keys;
    return toggle && findAll(`.st-key-${toggle} input`)[0];
  }

  place(key) {
    return findAll(`.st-key-${key} input`)[0];
  }

  placeKey(field) {
    return this.#keys.places.find((key) => field === this.place(key));
  }

  isChoice(element) {
    const { choice, toggle } = this.#keys;
    return Boolean(element.closest?.(`.st-key-${choice}, .st-key-${toggle}`));
  }

  // React listens to the event of the native setter, not to the property.
  fill(field, value) {
    const prototype = Object.getPrototypeOf(field);
    Object.getOwnPropertyDescriptor(prototype, "value").set.call(field, value);
    this.changeSilently(() => field.dispatchEvent(new Event("input", { bubbles: true })));
  }

  changeSilently(change) {
    this.isFilling = true;
    change();
    this.isFilling = false;
  }

  // While the report is being sent, a change would not be part of it.
  blockWhileSending() {
    const isSending = findAll('.st-key-sending [data-testid="stSpinner"]').length > 0;
    this.text.closest('[data-testid="stForm"]')?.toggleAttribute("inert", isSending);
  }

  // Hide the fault of a field that the person has changed.
  hideProblems(key) {
    const notes = findAll(`[class*="st-key-problem"][class*="__${key}"]`);
    for (const note of notes) note.dataset.settled = "";
  }

  // Sending may bring the same fault back.
  showProblems() {
    for (const note of findAll("[data-settled]")) delete note.dataset.settled;
  }
}
