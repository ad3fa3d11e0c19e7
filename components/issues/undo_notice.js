// The notice of the last change, with a button that undoes it. The browser stores the notice, so that all
// tabs show it, also after a reload or a restart of the portal.
import { createButton, createElement } from "./create_element.js";

const STORAGE_KEY = "issue-portal-undo";

// Time for which the notice remains at least after it was in use, in milliseconds.
const GRACE = 3000;

// A notice whose time has passed while no page showed it is shown if a page loads in this time, in
// milliseconds: a slow computer can need more than the notice has.
const LOADING = 30000;

// The notice: `owner` is the hash of the person who made the change, `record` says how to undo it, and
// `expiresAt` is in milliseconds. Undefined if there is none.
let stored;

// The latest call of this component.
let view;

let lastOfferId;
let requestedId;
let timer;

const load = () => {
  try {
    stored = JSON.parse(localStorage.getItem(STORAGE_KEY)) ?? undefined;
    if (stored?.expiresAt < Date.now() - LOADING) store(undefined);
  } catch {
    // The browser blocks the storage: the notice is only in this tab.
  }
};

const store = (notice) => {
  stored = notice;
  try {
    if (notice) localStorage.setItem(STORAGE_KEY, JSON.stringify(notice));
    else localStorage.removeItem(STORAGE_KEY);
  } catch {
    // The browser blocks the storage: the notice is only in this tab.
  }
};

load();
window.addEventListener("storage", ({ key }) => {
  if (key && key !== STORAGE_KEY) return;
  stored = undefined;
  load();
  show();
});

// Sent by the keyboard shortcut. The default is prevented if there is a notice.
window.addEventListener("issue-portal-undo", (event) => {
  if (stored && view?.parentElement.isConnected) {
    event.preventDefault();
    requestUndo();
  }
});

export default function ({ data: [data], parentElement, setStateValue }) {
  if (data.forget) {
    store(undefined);
    parentElement.getRootNode().host.dataset.drawn = "";
    return;
  }
  const expiresAt = Date.now() + data.seconds * 1000;
  if (!view && stored) store({ ...stored, expiresAt });
  view = { data, parentElement, setStateValue };
  if (stored && (stored.owner !== data.owner || stored.record.id === data.handled)) {
    store(undefined);
  }
  if (requestedId && requestedId === data.handled) {
    requestedId = undefined;
    // Otherwise a restarted portal would get the request again.
    setStateValue("requested", null);
  } else if (requestedId && requestedId === stored?.record.id) {
    // The portal has lost the request if it was restarted; else it ignores the second one.
    setStateValue("requested", stored.record);
  }
  if (data.offer && data.offer.id !== lastOfferId) {
    lastOfferId = data.offer.id;
    store({ owner: data.owner, record: data.offer, expiresAt });
  }
  show();
}

const requestUndo = () => {
  if (requestedId === stored.record.id) return;
  requestedId = stored.record.id;
  view.setStateValue("requested", stored.record);
  show();
};

const show = () => {
  if (!view) return;
  const { notice, text, button } = findOrCreateNotice();
  notice.classList.toggle("shown", Boolean(stored));
  // content.css keeps other notices clear of this one.
  view.parentElement.getRootNode().host.toggleAttribute("data-notice", Boolean(stored));
  const content = stored?.record.text ?? "";
  // Screen readers announce each change of the text, so set only a new one.
  if (text.textContent !== content) text.textContent = content;
  button.textContent = view.data.undo;
  button.dataset.shortcut = view.data.shortcut;
  button.hidden = !stored;
  button.disabled = Boolean(stored) && stored.record.id === requestedId;
  if (stored) timer ??= setInterval(removeIfExpired, 250);
};

const findOrCreateNotice = () => {
  const { parentElement } = view;
  if (!parentElement.querySelector(".notice")) {
    const created = createElement("div", "notice");
    const text = createElement("p");
    text.setAttribute("role", "status");
    created.append(text, createButton("", "", requestUndo));
    parentElement.append(created);
  }
  const notice = parentElement.querySelector(".notice");
  return { notice, text: notice.querySelector("p"), button: notice.querySelector("button") };
};

const removeIfExpired = () => {
  const grace = stored && chooseGrace();
  if (grace) {
    const expiresAt = Date.now() + grace;
    if (stored.expiresAt < expiresAt - GRACE / 2) store({ ...stored, expiresAt });
  } else if (stored && stored.expiresAt < Date.now()) {
    store(undefined);
    show();
  }
  if (stored) return;
  clearInterval(timer);
  timer = undefined;
};

// Returns how long the notice remains from now on, in milliseconds; 0 if its time goes on. The time starts
// anew when a page has loaded, or the portal responds again; a person who is about to press the button gets a
// little more.
const chooseGrace = () => {
  // Streamlit (1.67) writes the connection state to its app element.
  const state = document.querySelector('[data-testid="stApp"]')?.dataset.testConnectionState;
  if (state && state !== "CONNECTED") return view.data.seconds * 1000;
  const isPointedAt = view.parentElement.querySelector(".notice:is(:hover, :focus-within)");
  return isPointedAt || stored.record.id === requestedId ? GRACE : 0;
};
