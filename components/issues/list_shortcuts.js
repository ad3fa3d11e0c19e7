// Keyboard: arrow keys within a list, and shortcuts on the whole page of the queue.
import { adjacentRow, findCheckbox, findRow, lastFocus, openRow, rowButtons } from "./list_rows.js";

// Streamlit (1.67) calls the cleanup after the next call of the component, not before it. It also calls
// the cleanup of a call that newer data overtook, although the list is still on the page.
let stopListening = () => {};

export const listenForArrows = ({ list }) => {
  list.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const { issue, pick } = event.target.dataset;
    const next = step && adjacentRow(list, issue ?? pick, step);
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
};

// Listen until the list is gone; return the cleanup.
export const listenForShortcuts = (view) => {
  stopListening();
  const onKeyDown = (event) => handleKey(view, event);
  if (view.data.keys) window.addEventListener("keydown", onKeyDown, true);
  const stop = () => window.removeEventListener("keydown", onKeyDown, true);
  stopListening = stop;
  return () => view.parentElement.isConnected || stop();
};

const handleKey = (view, event) => {
  const target = event.composedPath()[0];
  const { presses } = view.data.keys;
  if (isEditable(target)) {
    const leaves = ["Enter", "Escape"].includes(event.key);
    if (leaves && target === findWidget(presses["/"])) target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("[role=dialog]")) return;
  if (!runShortcut(view, event.key.toLowerCase())) return;
  // Streamlit has its own shortcuts on some of these keys: r reruns the page.
  event.preventDefault();
  event.stopImmediatePropagation();
};

const isEditable = (target) =>
  target.isContentEditable || target.matches?.("textarea, select, input:not([type=checkbox])");

const findWidget = (key) => document.querySelector(`.st-key-${CSS.escape(key)} :is(button, input)`);

// Return whether the key is a shortcut.
const runShortcut = (view, key) => {
  const { asks, presses } = view.data.keys;
  if (key === "j" || key === "k") moveBy(view, key === "j" ? 1 : -1);
  else if (key === "x") findCheckbox(view.list, view.root.activeElement?.dataset?.issue)?.click();
  else if (key in asks) requestAction(view, asks[key]);
  else if (key === "/") findWidget(presses[key])?.focus();
  else if (key in presses) findWidget(presses[key])?.click();
  else return false;
  return true;
};

// Open the next or previous issue; without an open issue, move the focus only.
const moveBy = (view, step) => {
  const { list, requests } = view;
  const open = requests.openIssue;
  if (open === "") {
    const start = findRow(list, lastFocus.issue) ? undefined : rowButtons(list)[0];
    (adjacentRow(list, lastFocus.issue, step) ?? start)?.focus();
    return;
  }
  const next = adjacentRow(list, open, step);
  if (next) {
    next.focus();
    openRow(view, next);
  } else {
    // The next issue is on another page: only the server knows it.
    requests.add({ do: step > 0 ? "next" : "previous", issue: open, after: undefined });
  }
};

const requestAction = ({ requests }, action) => {
  const issue = requests.openIssue;
  if (action !== "undo" && issue === "") return;
  const closesIssue = ["unread", "delete"].includes(action);
  requests.add({ do: action, issue, ...(closesIssue && { after: "" }) });
};
