// What Streamlit (1.67) does not tell about the fields of a form: which of them have a fault, and the label of
// check boxes that belong together. A fault goes when the person changes one of its fields.
const PREFIX = "st-key-fault__";
const FIELD = "input, textarea";
const OPTION = '[data-testid="stCheckbox"], [data-testid="stRadioOption"]';

let view;

const find = (key) => document.querySelector(`.st-key-${CSS.escape(key)}`);

const listFaults = () =>
  [...document.querySelectorAll(`[class*="${PREFIX}"]`)].map((element) => {
    const name = [...element.classList].find((name) => name.startsWith(PREFIX));
    const places = name.slice(PREFIX.length).split("__").map(find).filter(Boolean);
    return { element, places };
  });

const markFields = () => {
  for (const field of document.querySelectorAll(".stForm [aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-errormessage");
  }
  for (const { element, places } of listFaults()) {
    if ("corrected" in element.dataset) continue;
    for (const field of places.at(-1)?.querySelectorAll(FIELD) ?? []) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-errormessage", element.querySelector(".fault")?.id);
    }
  }
};

const hideFaultsOf = (target) => {
  if (!view?.parentElement.isConnected) return;
  for (const { element, places } of listFaults())
    if (places.some((place) => place.contains(target))) element.dataset.corrected = "";
  markFields();
};

document.addEventListener("input", ({ target }) => hideFaultsOf(target));
// Streamlit (1.67) changes check boxes and radio buttons without an input event, and stops the click on its
// way up.
document.addEventListener(
  "click",
  ({ target }) => {
    if (target.closest(OPTION)) hideFaultsOf(target);
  },
  true,
);

export default function ({ data: [data], parentElement }) {
  // Streamlit reuses the element of a fault that the next check has found again.
  if (view && view.check !== data.check)
    for (const { element } of listFaults()) delete element.dataset.corrected;
  view = { check: data.check, parentElement };
  for (const [key, label] of Object.entries(data.groups)) {
    find(key)?.setAttribute("role", "group");
    find(key)?.setAttribute("aria-label", label);
  }
  markFields();
}
