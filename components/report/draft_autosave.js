// Counts what is typed into a form and keeps it in this tab's session storage until it is sent.
// The parts of the form are found by the keys that Streamlit gives them as class names.
import { storage } from "./storage.js";

const forget = (which) => {
  for (const name of storage.names()) if (which.test(name)) storage.removeItem(name);
};

// Whose text was in the form on the page last; "" if a visitor's, or none that may still be there.
let writer = "";

// Who signs out in one tab has done so in all.
let announced;
const tabs = new BroadcastChannel("issue-portal-signed-out");
tabs.onmessage = () => {
  if (writer) stop();
  forget(/^issue-portal-draft-.*-[0-9a-f]{16}$/);
  // What is still in the form would be kept again, and seen by whoever comes next.
  if (writer) location.reload();
};

// Streamlit calls what is returned below when the form goes, not before it calls this again; but also
// soon after a call that the next data overtook, with the form still there (1.67).
let stop = () => {};

const make = (parent, tag, name = "") => {
  const element = document.createElement(tag);
  element.className = name;
  parent.append(element);
  return element;
};

export default function ({ data, parentElement, setStateValue }) {
  const visitors = `issue-portal-draft-${data.name}`;
  if (data.away || data.forget) {
    stop();
    if (data.away || data.signed_out) writer = "";
    const draft = JSON.parse(storage.getItem(visitors) ?? "{}");
    if (data.by_name && data.by_name !== draft.by_name) {
      storage.setItem(visitors, JSON.stringify({ ...draft, by_name: data.by_name, toggle: false }));
    }
    if (data.forget) forget(new RegExp(`^${visitors}`));
    // Once: somebody may have signed in since, in another tab.
    if (data.signed_out && data.signed_out !== announced) {
      announced = data.signed_out;
      tabs.postMessage("");
    }
    return;
  }
  if (writer && writer !== data.owner) {
    // The sign-in ended while the connection was lost: what is in the fields is not this person's.
    stop();
    location.reload();
    return;
  }
  // Under the name of who writes it: a tab may be closed to one person before it is another's.
  writer = data.owner;
  const store = data.owner ? `${visitors}-${data.owner}` : visitors;
  const visitorsDraft = data.owner && storage.getItem(visitors);
  if (visitorsDraft) {
    storage.setItem(store, visitorsDraft);
    storage.removeItem(visitors);
  }
  if (!parentElement.querySelector("p")) {
    make(make(parentElement, "div", "other"), "p");
    make(parentElement.querySelector(".other"), "button").type = "button";
    const line = make(parentElement, "div", "line");
    make(line, "p");
    make(line, "p");
  }
  const [told, hint, status] = parentElement.querySelectorAll("p");
  const swap = parentElement.querySelector("button");
  const find = (selector) => [...document.querySelectorAll(selector)];
  const area = () => find(`.st-key-${data.text} textarea`)[0];
  const choices = () => (data.choice ? find(`.st-key-${data.choice} input[type=radio]`) : []);
  const toggle = () => data.toggle && find(`.st-key-${data.toggle} input`)[0];
  const place = (key) => find(`.st-key-${key} input`)[0];

  // What was given is kept apart from what the person has changed, which wins.
  const kept = () => JSON.parse(storage.getItem(store) ?? "{}");
  const keep = (change) => storage.setItem(store, JSON.stringify({ id, ...kept(), ...change }));
  const given = () => kept().given ?? { text: "", choice: null, places: {} };
  // Sent along with the form, so that a report which is sent again after a reload is still one.
  const id = kept().id ?? [...crypto.getRandomValues(new Uint32Array(4))].join("-");
  setStateValue("id", id);
  if (data.given && JSON.stringify(data.given) !== JSON.stringify(kept().given)) {
    const draft = kept();
    const text = (draft.taken ? draft.aside : draft.text) || undefined;
    const aside = text && data.offer && data.given.text !== text ? data.given.text : undefined;
    keep({ given: data.given, text, places: undefined, aside, taken: false });
  }

  if (data.by_name && data.by_name !== kept().by_name)
    keep({ by_name: data.by_name, toggle: false });

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
    if (text.trim() && over <= 0) settled(data.text);
  };
  const offer = () => {
    const { aside, taken } = kept();
    hint.textContent = given().text && (!aside || taken) ? data.hint_of_link : data.hint;
    swap.parentElement.hidden = !aside;
    if (!data.offer) return;
    told.textContent = taken ? data.offer.mine : data.offer.other;
    swap.textContent = taken ? data.offer.back : data.offer.take;
  };
  swap.onclick = () => {
    const { aside, taken } = kept();
    keep({ text: aside, aside: area().value, taken: !taken });
    fill(area(), aside);
    offer();
  };

  // A note of what is wrong goes when it is not any more; sending may bring it back.
  const settled = (key) => {
    const notes = find(`[class*="st-key-problem"][class*="__${key}"]`);
    for (const note of notes) note.dataset.settled = "";
  };
  const clicked = (event) => {
    const { target } = event;
    if (target.closest?.('[data-testid="stFormSubmitButton"]')) {
      if (area()?.value.length > data.longest) {
        // The server would close the connection. How much is too much is told beside the text.
        event.preventDefault();
        event.stopPropagation();
        area().focus();
        return;
      }
      for (const note of find("[data-settled]")) delete note.dataset.settled;
    } else if (!filling && target.closest?.(`.st-key-${data.choice}, .st-key-${data.toggle}`)) {
      looks.choice = looks.toggle = 5;
      setTimeout(restore);
    }
  };
  const changed = ({ target }) => {
    if (filling) return;
    if (target === area()) {
      count(target.value);
      keep({ text: target.value });
    } else {
      const key = data.places.find((key) => target === place(key));
      if (!key) return;
      restored.add(target);
      keep({ places: { ...kept().places, [key]: target.value } });
      settled(key);
    }
  };
  let filling = false;
  const silently = (act) => {
    filling = true;
    act();
    filling = false;
  };
  // React listens to the native setter's event, not to the property.
  const fill = (field, value) => {
    const prototype = Object.getPrototypeOf(field);
    Object.getOwnPropertyDescriptor(prototype, "value").set.call(field, value);
    silently(() => field.dispatchEvent(new Event("input", { bubbles: true })));
  };
  // Streamlit may once more set a new field to what it was made with. So a field is restored when
  // it has kept the value for a second, or when the person has changed it.
  const restored = new Set();
  const held = new Map();
  const restorePlaces = () => {
    for (const [key, value] of Object.entries({ ...given().places, ...kept().places })) {
      const field = place(key);
      if (!field || restored.has(field)) continue;
      const looks = field.value === value ? (held.get(field) ?? 0) + 1 : 0;
      held.set(field, looks);
      if (looks === 5) restored.add(field);
      if (looks) continue;
      fill(field, value);
      // What will be sent is shown.
      const folded = value && field.closest("details:not([open])");
      if (folded) folded.querySelector("summary").click();
    }
  };
  // A choice tells nobody of a change (Streamlit 1.67), so it is looked at. Until it has been for a
  // second what was kept, it may be what Streamlit made it with.
  const looks = { choice: 0, toggle: 0 };
  const restoreChosen = (name, key, now, made, set) => {
    const wanted = kept()[name] ?? made;
    if (now === wanted) looks[name]++;
    else if (wanted !== -1 && (now === -1 || (looks[name] < 5 && now === made)))
      silently(() => set(wanted));
    else {
      keep({ [name]: now });
      settled(key);
    }
  };
  let first;
  const restoreChoices = () => {
    const checked = choices().findIndex((radio) => radio.checked);
    const made = given().choice ?? -1;
    restoreChosen("choice", data.choice, checked, made, (choice) => choices()[choice]?.click());
    if (!toggle()) return;
    const on = toggle().checked;
    first ??= on;
    restoreChosen("toggle", data.toggle, on, first, () => toggle().click());
  };
  // Streamlit may replace or empty a part while a page settles. A person who empties the text is
  // heard by `changed`, so an empty text with one in store is always one that was lost.
  const restore = () => {
    const text = area();
    if (!text) return;
    // What one changes while it is sent would not be in it.
    const isSent = find('.st-key-sending [data-testid="stSpinner"]').length > 0;
    text.closest('[data-testid="stForm"]')?.toggleAttribute("inert", isSent);
    restorePlaces();
    restoreChoices();
    const words = kept().text ?? given().text;
    if (text.value !== words) {
      if (!text.value || text.value === given().text) fill(text, words);
      else keep({ text: text.value }); // Typed before this script had arrived.
    }
    count(text.value);
  };
  stop();
  document.addEventListener("input", changed);
  document.addEventListener("click", clicked, true);
  const timer = setInterval(restore, 200);
  restore();
  offer();
  const mine = () => {
    clearInterval(timer);
    document.removeEventListener("input", changed);
    document.removeEventListener("click", clicked, true);
  };
  stop = mine;
  return () => parentElement.isConnected || mine();
}
