// Moves the keyboard focus once for each `id`, to the first widget of `keys` that is there.
const BUSY = '[data-test-script-state="running"], [data-testid="stDialog"]';
const FOCUSABLE = ":is(input, textarea, summary, button):not(:disabled)";

// Counted in steps, not by the clock: a busy browser skips steps, and draws the widgets late.
const STEP_MS = 50;
const WATCHED_STEPS = 100;

// In this time, the first widget can appear after the run. Then another one gets the focus.
const SETTLING_STEPS = 12;

let handledId;
let timer;

// A person who goes on by themselves keeps the focus.
for (const event of ["pointerdown", "keydown"])
  document.addEventListener(event, () => clearInterval(timer), true);

export default function ({ data: [data] }) {
  if (!data.id || data.id === handledId) return;
  handledId = data.id;
  clearInterval(timer);
  let expected = document.activeElement;
  let steps = 0;
  let idleSteps = 0;
  timer = setInterval(() => {
    const { activeElement } = document;
    const isBusy = document.querySelector(BUSY) !== null;
    const hasMovedOn = activeElement !== expected && activeElement !== document.body;
    steps += 1;
    idleSteps = isBusy ? 0 : idleSteps + 1;
    // Streamlit (1.67) can replace the widget after it has the focus: watch it until the end.
    if (steps > WATCHED_STEPS || (hasMovedOn && !isBusy)) clearInterval(timer);
    else if (!isBusy) {
      const keys = idleSteps <= SETTLING_STEPS ? data.keys.slice(0, 1) : data.keys;
      const target = keys.map(findField).find(Boolean);
      if (target && target.getRootNode().activeElement !== target) target.focus();
      if (target) expected = document.activeElement;
    }
  }, STEP_MS);
}

const findField = (key) => {
  for (const place of document.querySelectorAll(`.st-key-${CSS.escape(key)}`)) {
    const hosts = [...place.querySelectorAll("*")].filter(({ shadowRoot }) => shadowRoot);
    const roots = [place, ...hosts.map(({ shadowRoot }) => shadowRoot)];
    const fields = roots.flatMap((root) => [...root.querySelectorAll(FOCUSABLE)]);
    const visible = fields.filter((element) => element.checkVisibility());
    // Of a radio group, the selected option takes the focus.
    const field = visible.find(({ type, checked }) => type === "radio" && checked) ?? visible[0];
    if (field) return field;
  }
  return undefined;
};
