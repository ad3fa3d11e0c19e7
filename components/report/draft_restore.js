// Restore a draft into its form, and store the values of choices and toggles, whose changes fire no event.
// Streamlit (1.67) may reset a new field to its initial value. A field therefore counts as restored once
// the person has changed it, or once it has kept the value of the draft for a second.
const STABLE_CHECKS = 5; // One check every 200 ms.

export class DraftRestorer {
  #draft;
  #fields;
  #keys;
  #restored = new Set();
  #equalFieldChecks = new Map();
  #equalChoiceChecks = { choice: 0, toggle: 0 };
  #initialToggle;

  constructor(draft, fields, { choice, toggle }) {
    this.#draft = draft;
    this.#fields = fields;
    this.#keys = { choice, toggle };
  }

  markRestored(field) {
    this.#restored.add(field);
  }

  markChoicesRestored() {
    this.#equalChoiceChecks = { choice: STABLE_CHECKS, toggle: STABLE_CHECKS };
  }

  restoreAll() {
    this.#restoreReferences();
    this.#restoreChoices();
    this.#restoreText();
  }

  #restoreReferences() {
    for (const [key, value] of Object.entries(this.#draft.references)) {
      const field = this.#fields.findReference(key);
      if (!field || this.#restored.has(field)) continue;
      const checks = field.value === value ? (this.#equalFieldChecks.get(field) ?? 0) + 1 : 0;
      this.#equalFieldChecks.set(field, checks);
      if (checks === STABLE_CHECKS) this.#restored.add(field);
      if (checks) continue;
      this.#fields.fill(field, value);
      // Unfold the expander of the field: the person must see the values that will be sent.
      const folded = value && field.closest("details:not([open])");
      if (folded) folded.querySelector("summary").click();
    }
  }

  #restoreChoices() {
    const fields = this.#fields;
    const checked = fields.radios.findIndex((radio) => radio.checked);
    const initial = this.#draft.initial.choice ?? -1;
    this.#restoreChoice("choice", checked, initial, (index) => fields.radios[index]?.click());
    if (!fields.toggle) return;
    const isOn = fields.toggle.checked;
    this.#initialToggle ??= isOn;
    this.#restoreChoice("toggle", isOn, this.#initialToggle, () => fields.toggle.click());
  }

  // Choices fire no event when they change (Streamlit 1.67), so compare the current value with the draft:
  // either restore the draft, or store the choice of the person.
  #restoreChoice(name, current, initial, choose) {
    const wanted = this.#draft.read()[name] ?? initial;
    if (current === wanted) {
      this.#equalChoiceChecks[name] += 1;
      return;
    }
    const isUntouched = this.#equalChoiceChecks[name] < STABLE_CHECKS && current === initial;
    if (wanted !== -1 && (current === -1 || isUntouched)) {
      this.#fields.changeSilently(() => choose(wanted));
      return;
    }
    this.#draft.update({ [name]: current });
    this.#fields.hideFaults(this.#keys[name]);
  }

  // Streamlit may replace or empty the text field while a page loads. If a person empties the field, an
  // input event also empties the draft. If only the field is empty, Streamlit has emptied it.
  #restoreText() {
    const field = this.#fields.text;
    const { text, initial } = this.#draft;
    if (field.value === text) return;
    if (!field.value || field.value === initial.text) this.#fields.fill(field, text);
    else this.#draft.update({ text: field.value }); // Typed before this script was loaded.
  }
}
