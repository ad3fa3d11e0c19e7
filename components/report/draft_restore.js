// Restore a draft into its form, and store the person's choices (radio groups) in the draft.
// Streamlit (1.67) may reset a new field to its initial value. A field therefore counts as restored once
// the person has changed it, or once it has kept the value of the draft for a second.
const STABLE_CHECKS = 5; // One check every 200 ms.

export class DraftRestorer {
  #draft;
  #fields;
  #restoredInputs = new Set();
  #equalChecks = new Map(); // Consecutive checks in which a field had the value of the draft.
  #calmChecks = 0; // Consecutive checks in which nothing was restored.

  constructor(draft, fields) {
    this.#draft = draft;
    this.#fields = fields;
  }

  markInputRestored(field) {
    this.#restoredInputs.add(field);
  }

  markChoiceRestored(key) {
    this.#equalChecks.set(key, STABLE_CHECKS);
  }

  restoreAll() {
    this.#calmChecks += 1;
    this.#restoreInputs();
    for (const key of this.#fields.choiceKeys) this.#restoreChoice(key);
    this.#restoreText();
  }

  // Whether the form has kept the values of the draft for a second.
  get isComplete() {
    return this.#calmChecks > STABLE_CHECKS;
  }

  #restoreInputs() {
    for (const [key, value] of Object.entries(this.#draft.inputs)) {
      const field = this.#fields.findInput(key);
      if (!field || this.#restoredInputs.has(field)) continue;
      const checks = field.value === value ? (this.#equalChecks.get(field) ?? 0) + 1 : 0;
      this.#equalChecks.set(field, checks);
      if (checks === STABLE_CHECKS) this.#restoredInputs.add(field);
      if (checks) continue;
      this.#calmChecks = 0;
      this.#fields.fill(field, value);
      // Unfold the expander of the field: the person must see the values that will be sent. A line outside
      // shows the values of a link.
      const isOfLink = value === this.#draft.initial.inputs[key];
      const folded = value && !isOfLink && field.closest("details:not([open])");
      if (folded) folded.querySelector("summary").click();
    }
  }

  // Choices fire no event when they change (Streamlit 1.67), so compare the current value with the draft:
  // either restore the draft, or store the choice of the person.
  #restoreChoice(key) {
    const current = this.#fields.readChoice(key);
    if (current === undefined) return;
    const initial = this.#draft.initial.choices[key] ?? -1;
    const wanted = this.#draft.choices[key] ?? initial;
    const equalChecks = this.#equalChecks.get(key) ?? 0;
    if (current === wanted) {
      this.#equalChecks.set(key, equalChecks + 1);
      return;
    }
    const isUntouched = equalChecks < STABLE_CHECKS && current === initial;
    if (wanted !== -1 && (current === -1 || isUntouched)) {
      this.#calmChecks = 0;
      this.#fields.choose(key, wanted);
      return;
    }
    this.#draft.updateChoice(key, current);
    this.#fields.hideFaults(key);
  }

  // Streamlit may replace or empty the text field while a page loads. If a person empties the field, an
  // input event also empties the draft. If only the field is empty, Streamlit has emptied it.
  #restoreText() {
    const field = this.#fields.textField;
    const { text, initial } = this.#draft;
    if (field.value === text) return;
    this.#calmChecks = 0;
    if (!field.value || field.value === initial.text) this.#fields.fill(field, text);
    else this.#draft.update({ text: field.value }); // Typed before this script was loaded.
  }
}
