// Counts what is typed into the report form and keeps it in this tab's session storage until it is
// sent. The parts of the form are found by the keys that Streamlit gives them as class names.
// A frame in another site's page may be refused the tab's storage: then this page is all there is.
const storage = (() => {
  try {
    return window.sessionStorage;
  } catch {
    const kept = new Map();
    return {
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, text) => kept.set(name, text),
      removeItem: (name) => kept.delete(name),
      key: (index) => [...kept.keys()][index] ?? null,
    };
  }
})();

// Streamlit calls what is returned below when the form goes, not before it calls this again.
let stop = () => {};

export default function ({ data, parentElement, setStateValue }) {
  const visitors = `issue-portal-draft-${data.name}`;
  if (data.forget) {
    const names = [];
    for (let index = 0; storage.key(index) !== null; index++) names.push(storage.key(index));
    for (const name of names) if (name.startsWith(visitors)) storage.removeItem(name);
    return;
  }
  // Under the name of who writes it: a tab may be closed to one person before it is another's.
  const store = data.owner ? `${visitors}-${data.owner}` : visitors;
  const visitorsDraft = data.owner && storage.getItem(visitors);
  if (visitorsDraft) {
    storage.setItem(store, visitorsDraft);
    storage.removeItem(visitors);
  }
  let [hint, status] = parentElement.querySelectorAll("p");
  if (!status) {
    [hint, status] = [document.createElement("p"), document.createElement("p")];
    const line = document.createElement("div");
    line.append(hint, status);
    parentElement.append(line);
  }
  hint.textContent = data.hint;
  const find = (selector) => [...document.querySelectorAll(selector)];
  const area = () => find(`.st-key-${data.text} textarea`)[0];
  const choices = () => find(`.st-key-${data.choice} input[type=radio]`);
  const toggle = () => find(`.st-key-${data.toggle} input`)[0];
  const place = (key) => find(`.st-key-${key} input`)[0];
  const kept = () => JSON.parse(storage.getItem(store) ?? "{}");
  const keep = (change) => {
    const draft = { id, ...kept(), prefill: data.prefill, ...change };
    storage.setItem(store, JSON.stringify(draft));
  };
  // Where it happened: of this draft, unless another link has brought other places.
  const link = JSON.stringify(data.places);
  const brought = Object.values(data.places).some((value) => value);
  const places = () => {
    const draft = kept().places;
    return draft && (draft.link === link || !brought) ? draft.values : {};
  };
  const keepPlaces = () => {
    const values = { ...data.places, ...places() };
    for (const key in values) if (restored.has(place(key))) values[key] = place(key).value;
    keep({ places: { link, values } });
  };
  // Sent along with the form, so that a report which is sent again after a reload is still one.
  const id = kept().id ?? [...crypto.getRandomValues(new Uint32Array(4))].join("-");
  setStateValue("id", id);

  let counted;
  const count = (text) => {
    if (text === counted) return;
    counted = text;
    // Code points, as the server counts; a flag or a family counts as the several that it is.
    const length = [...text].length;
    const over = length - data.limit;
    const shown = (number) => number.toLocaleString(data.locale);
    const values = { count: shown(length), over: shown(over), limit: shown(data.limit) };
    status.textContent = (over > 0 ? data.over : data.count).replace(
      /\{(\w+)\}/g,
      (_, name) => values[name],
    );
    status.className = over > 0 ? "over" : "";
    status.setAttribute("role", over > 0 ? "alert" : "note");
  };

  const chosen = () => {
    const choice = choices().findIndex((radio) => radio.checked);
    return choice >= 0 ? { choice } : {};
  };
  const changed = ({ target }) => {
    if (target === area()) {
      count(target.value);
      keep({ text: target.value, ...chosen() });
    } else if (target === toggle()) {
      keep({ toggle: target.checked });
    } else if (choices().includes(target)) {
      keep(chosen());
    } else {
      if (filling || !Object.keys(data.places).some((key) => target === place(key))) return;
      restored.add(target);
    }
    keepPlaces();
  };
  // React listens to the native setter's event, not to the property.
  let filling = false;
  const fill = (field, value) => {
    const prototype = Object.getPrototypeOf(field);
    Object.getOwnPropertyDescriptor(prototype, "value").set.call(field, value);
    filling = true;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    filling = false;
  };
  // Streamlit may once more set a new field to what it was made with. So a field is restored when
  // it has kept the value for a second, or when the person has changed it.
  const restored = new Set();
  const held = new Map();
  const restorePlaces = () => {
    const draft = places();
    for (const key in data.places) {
      const [field, value] = [place(key), draft[key]];
      if (!field || restored.has(field)) continue;
      const looks = value === undefined ? 5 : field.value === value ? (held.get(field) ?? 0) + 1 : 0;
      held.set(field, looks);
      if (looks === 5) restored.add(field);
      if (looks) continue;
      fill(field, value);
      // What will be sent is shown.
      const folded = value && field.closest("details:not([open])");
      if (folded) folded.querySelector("summary").click();
    }
  };
  // Streamlit may replace or empty a part while a page settles. A person who empties the text is
  // heard by `changed`, so an empty text with one in store is always one that was lost.
  let toggled = false;
  const restore = () => {
    const text = area();
    if (!text) return;
    restorePlaces();
    const draft = kept();
    const untouched = text.value === data.prefill && draft.prefill === data.prefill;
    if (draft.text && draft.text !== text.value && (!text.value || untouched)) {
      fill(text, draft.text);
    } else if (text.value && text.value !== draft.text) {
      // Came with the link, or was typed before this script had arrived.
      keep({ text: text.value });
    }
    count(text.value);
    const { choice } = chosen();
    if (choice === undefined) choices()[draft.choice]?.click();
    else if (choice !== draft.choice) keep({ choice });
    if (!toggled && toggle()) {
      toggled = true;
      if ("toggle" in draft && draft.toggle !== toggle().checked) toggle().click();
    }
  };
  stop();
  document.addEventListener("input", changed);
  document.addEventListener("change", changed);
  const timer = setInterval(restore, 200);
  restore();
  stop = () => {
    clearInterval(timer);
    document.removeEventListener("input", changed);
    document.removeEventListener("change", changed);
  };
  return () => stop();
}
