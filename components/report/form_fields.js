// The fields of a form. Streamlit adds the key of each widget to its class name.
const findAll = (selector) => [...document.querySelectorAll(selector)];

export class FormFields {
  #keys;
  // Whether this script is changing a field. The events then do not come from the person.
  isFilling = false;

  constructor({ text, inputs, choices }) {
    this.#keys = { text, inputs, choices };
  }

  get textField() {
    return findAll(`.st-key-${this.#keys.text} textarea`)[0];
  }

  findInput(key) {
    return findAll(`.st-key-${key} :is(input, textarea)`)[0];
  }

  findInputKey(field) {
    return this.#keys.inputs.find((key) => field === this.findInput(key));
  }

  // Return the values of the text inputs by key, without those that are not on the page.
  readInputs() {
    const fields = this.#keys.inputs.map((key) => [key, this.findInput(key)?.value.trim()]);
    return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
  }

  // Return the field of a widget that takes the focus: of a radio group, the selected or else first option.
  findAnyField(key) {
    // A select box may replace the input: its key has another end.
    const fields = findAll(`[class*="st-key-${key}"] :is(input, textarea)`);
    return fields.find((field) => field.checked) ?? fields[0];
  }

  get choiceKeys() {
    return this.#keys.choices;
  }

  findChoiceKey(element) {
    return this.#keys.choices.find((key) => element.closest?.(`.st-key-${key}`));
  }

  // Return the index of the selected option of a radio group (-1 if none is selected). Return undefined if the
  // group is not on the page.
  readChoice(key) {
    const options = findAll(`.st-key-${key} input`);
    return options.length ? options.findIndex((option) => option.checked) : undefined;
  }

  choose(key, index) {
    this.changeSilently(() => findAll(`.st-key-${key} input`)[index]?.click());
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
    this.textField.closest('[data-testid="stForm"]')?.toggleAttribute("inert", isSending);
  }

  // Hide the faults of a field that the person has changed.
  hideFaults(key) {
    const faults = findAll(`[class*="st-key-fault"][class*="__${key}"]`);
    for (const fault of faults) fault.dataset.corrected = "";
  }

  // Show all faults again before the form is sent. If the next check finds the same fault, Streamlit
  // reuses its element, which would otherwise stay hidden.
  showFaults() {
    for (const fault of findAll("[data-corrected]")) delete fault.dataset.corrected;
  }
}
