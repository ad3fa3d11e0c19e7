// Put the draft back into the form, and keep what the person changes without an event.
// Streamlit (1.67) may reset a new field to its initial value, so a field counts as restored once it has
// kept the draft's value for a second, or once the person has changed it.
const STABLE = 5; // Checks, one every 200 ms.

export class DraftRestorer {
  #draft;
  #fields;
  #keys;
  #restored = new Set();
  #looksAtField = new Map();
  #looksAtChoice = { choice: 0, toggle: 0 };
  #initialToggle;

  constructor(draft, fields, { choice, toggle }) {
    this.#draft = draft;
    this.#fields = fields;
    this.#keys = { choice, toggle };
  }

  markRestored(field) {
    this.#restored.add(field);
  }

  trustChoices() {
    this.#looksAtChoice = { choice: STABLE, toggle: STABLE };
  }

  restoreAll() {
    this.#restorePlaces();
    this.#restoreChoices();
    this.#restoreText();
  }

  #restorePlaces() {
    for (const [key, value] of Object.entries(this.#draft.places)) {
      const field = this.#fields.place(key);
      if (!field || this.#restored.has(field)) continue;
      const looks = field.value === value ? (this.#looksAtField.get(field) ?? 0) + 1 : 0;
      this.#looksAtField.set(field, looks);
      if (looks === STABLE) this.#restored.add(field);
      if (looks) continue;
      this.#fields.fill(field, value);
      // Unfold it: the person must see what will be sent.
      const folded = value && field.closest("details:not([open])");
      if (folded) folded.querySelector("summary").click();
    }
  }

  #restoreChoices() {
    const fields = this.#fields;
    const checked = fields.radios.findIndex((radio) => radio.checked);
    const prefilled = this.#draft.prefill.choice ?? -1;
    this.#restoreChoice("choice", checked, prefilled, (index) => fields.radios[index]?.click());
    if (!fields.toggle) return;
    const isOn = fields.toggle.checked;
    this.#initialToggle ??= isOn;
    this.#restoreChoice("toggle", isOn, this.#initialToggle, () => fields.toggle.click());
  }

  // Choices send no event when they change (Streamlit 1.67), so compare them with the draft.
  #restoreChoice(name, current, initial, choose) {
    const wanted = this.#draft.read()[name] ?? initial;
    if (current === wanted) {
      this.#looksAtChoice[name] += 1;
      return;
    }
    const isUntouched = this.#looksAtChoice[name] < STABLE && current === initial;
    if (wanted !== -1 && (current === -1 || isUntouched)) {
      this.#fields.changeSilently(() => choose(wanted));
      return;
    }
    this.#draft.update({ [name]: current });
    this.#fields.hideProblems(this.#keys[name]);
  }

  // Streamlit may replace or empty the text while a page settles. When the person empties it, an input
  // event empties the draft, too; so an empty field beside a draft means that Streamlit emptied it.
  #restoreText() {
    const field = this.#fields.text;
    const { text, prefill } = this.#draft;
    if (field.value === text) return;
    if (!field.value || field.value === prefill.text) this.#fields.fill(field, text);
    else this.#draft.update({ text: field.value }); // Typed before this script was loaded.
  }
}
