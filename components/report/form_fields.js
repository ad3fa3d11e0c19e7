// The fields of a form. Streamlit adds the key of each widget to its class name.
const findAll = (selector) => [...document.querySelectorAll(selector)];

export class FormFields {
  #keys;
  // Whether this script is changing a field, so that its events are not those of the person.
  isFilling = false;

  constructor({ text, choice, toggle, references }) {
    this.#keys = { text, choice, toggle, references };
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

  findReference(key) {
    return findAll(`.st-key-${key} input`)[0];
  }

  findReferenceKey(field) {
    return this.#keys.references.find((key) => field === this.findReference(key));
  }

  isChoice(element) {
    const { choice, toggle } = this.#keys;
    return Boolean(element.closest?.(`.st-key-${choice}, .st-key-${toggle}`));
  }

  // React ignores a new `value` property, so call the native setter and dispatch an input event.
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

  // Disable the form while the report is being sent: the report would not contain a later change.
  blockWhileSending() {
    const isSending = findAll('.st-key-sending [data-testid="stSpinner"]').length > 0;
    this.text.closest('[data-testid="stForm"]')?.toggleAttribute("inert", isSending);
  }

  // Hide the faults of a field that the person has changed.
  hideFaults(key) {
    const faults = findAll(`[class*="st-key-fault"][class*="__${key}"]`);
    for (const fault of faults) fault.dataset.corrected = "";
  }

  // Show all faults again before the form is sent, because Streamlit keeps the element of a fault that
  // the next check finds again.
  showFaults() {
    for (const fault of findAll("[data-corrected]")) delete fault.dataset.corrected;
  }
}
