// Moves the keyboard focus once for each `id`, to the first widget of `keys` that is there.
const BUSY = '[data-test-script-state="running"], [data-testid="stDialog"]';
const FOCUSABLE = ":is(input, textarea, summary, button):not(:disabled)";

const STEP_MS = 50;
const GIVE_UP_MS = 5000;

// Time in which a widget can appear after the run, and in which Streamlit (1.67) can still replace it.
const SETTLING_MS = 600;

let handledId;
let timer;

// A person who goes on by themselves keeps the focus.
for (const event of ["pointerdown", "keydown"])
  document.addEventListener(event, () => clearInterval(timer), true);

export default function ({ data: [data] }) {
  if (!data.id || data.id === handledId) return;
  handledId = data.id;
  clearInterval(timer);
  const endsAt = Date.now() + GIVE_UP_MS;
  let expected = document.activeElement;
  let settledAt;
  timer = setInterval(() => {
    const now = Date.now();
    const { activeElement } = document;
    const isBusy = document.querySelector(BUSY) !== null;
    const hasMovedOn = activeElement !== expected && activeElement !== document.body;
    settledAt = isBusy ? undefined : (settledAt ?? now + SETTLING_MS);
    if (now > endsAt || (hasMovedOn && !isBusy)) clearInterval(timer);
    else if (!isBusy) {
      const keys = now < settledAt ? data.keys.slice(0, 1) : data.keys;
      const target = keys.map(findField).find(Boolean);
      target?.focus();
      if (target) expected = document.activeElement;
      if (target && now >= settledAt) clearInterval(timer);
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
