// How a form is sent: by keyboard, while the portal does not answer, and what happens if it has faults.
const APP = '[data-testid="stApp"]';
const FAULT = '[class*="st-key-fault__"]:not([data-corrected])';

// Time after a click in which a run of the page must begin, in milliseconds.
const RUN_DELAY = 2000;

export class SubmitWatch {
  #fields;
  #data;
  #observer;
  #clickedAt;
  #hasRun = false;

  constructor(fields, data) {
    this.#fields = fields;
    this.#data = data;
    // Streamlit (1.67) disables all fields while the connection is lost. Enable them before the browser takes
    // the focus away, so that the person can go on typing.
    this.#observer = new MutationObserver(() => {
      this.#keepEnabled();
      this.#focusFaultAfterRun();
    });
    const attributeFilter = ["disabled", "data-test-script-state"];
    const options = { attributes: true, attributeFilter, subtree: true };
    this.#observer.observe(document.querySelector(APP) ?? document.body, options);
  }

  stop() {
    this.#observer.disconnect();
  }

  press() {
    this.#button?.click();
  }

  // Ctrl+Enter (on a Mac, Cmd+Enter) sends the form; Escape cancels it if it has a button for this.
  handleKey(event) {
    if (!this.#form?.contains(event.target) || event.isComposing) return;
    const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    const button = sends ? this.#button : event.key === "Escape" && this.#cancelButton;
    if (!button) return;
    event.preventDefault();
    if (!button.disabled) button.click();
  }

  // After a click on the button, move the focus to the first faulty field once its fault is on the page.
  expectFaults() {
    this.#clickedAt = Date.now();
    this.#hasRun = false;
  }

  // Called several times a second.
  check() {
    this.#markFaultyFields();
    const app = document.querySelector(APP);
    const state = app?.dataset.testConnectionState;
    const isLost = Boolean(state) && state !== "CONNECTED";
    // The stylesheet shows this text in place of the label.
    if (this.#button) this.#button.dataset.waiting = isLost ? this.#data.waiting : "";
    this.#focusFaultAfterRun();
  }

  #focusFaultAfterRun() {
    if (!this.#clickedAt) return;
    const isRunning = document.querySelector(APP)?.dataset.testScriptState === "running";
    this.#hasRun ||= isRunning || Date.now() - this.#clickedAt > RUN_DELAY;
    if (isRunning || !this.#hasRun || !this.#form?.querySelector(FAULT)) return;
    this.#clickedAt = undefined;
    this.#focusFirstFault();
  }

  get #form() {
    return this.#fields.textField?.closest('[data-testid="stForm"]');
  }

  get #button() {
    return this.#form?.querySelector('[data-testid="stBaseButton-primaryFormSubmit"]');
  }

  get #cancelButton() {
    return this.#form?.querySelector('[class*="st-key-cancel"] button');
  }

  #keepEnabled() {
    for (const field of this.#form?.querySelectorAll(":is(textarea, input[type=text]):disabled") ??
      [])
      field.disabled = false;
  }

  #focusFirstFault() {
    const fault = this.#form?.querySelector(FAULT);
    if (!fault) return;
    fault.closest("details:not([open])")?.querySelector("summary").click();
    const keys = this.#findKeys(fault);
    const fields = keys.map((key) => this.#fields.findAnyField(key)).filter(Boolean);
    fields.at(-1)?.focus();
  }

  // For screen readers: mark the fields that have a fault, and name its text.
  #markFaultyFields() {
    const faults = [...(this.#form?.querySelectorAll(FAULT) ?? [])];
    const ids = new Map(
      faults.flatMap((fault) =>
        this.#findKeys(fault).map((key) => [key, fault.querySelector(".fault")?.id]),
      ),
    );
    for (const key of [this.#data.text, ...this.#data.inputs]) {
      const field = this.#fields.findAnyField(key);
      if (ids.has(key)) {
        field?.setAttribute("aria-invalid", "true");
        field?.setAttribute("aria-errormessage", ids.get(key));
      } else {
        field?.removeAttribute("aria-invalid");
        field?.removeAttribute("aria-errormessage");
      }
    }
  }

  // The keys of the widgets with a fault are in the class name of its container.
  #findKeys(fault) {
    const name = [...fault.classList].find((name) => name.startsWith("st-key-fault__"));
    return name.replace("st-key-fault__", "").split("__");
  }
}
