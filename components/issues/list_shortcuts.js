// Keyboard control: arrow keys move within a list; shortcuts work on the whole page of the queue.
import { foresee, showAct } from "./issue_acts.js";
import { adjacentRow, findCheckbox, findRow, lastFocus, openRow, rowButtons } from "./list_rows.js";

// Removes the key listener of the last call of this component. Streamlit (1.67) calls the cleanup of a
// call only after the next call. If new data arrives during a call, Streamlit calls the cleanup although
// the list stays on the page. The cleanup therefore does nothing while the list is on the page.
let stopListening = () => {};

// The first key of a shortcut of two keys, such as "g" of "g r", and when it was pressed.
let prefix = { key: "", at: 0 };
const PREFIX_MS = 1500;

export const listenForArrows = ({ list }) => {
  list.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const { issue, checkboxFor } = event.target.dataset;
    const next = step && adjacentRow(list, issue ?? checkboxFor, step);
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
};

// Listen for shortcuts; return a cleanup that stops listening once the list is no longer on the page.
export const listenForShortcuts = (view) => {
  stopListening();
  const onKeyDown = (event) => handleKey(view, event);
  if (view.data.shortcuts) window.addEventListener("keydown", onKeyDown, true);
  const stop = () => window.removeEventListener("keydown", onKeyDown, true);
  stopListening = stop;
  return () => view.parentElement.isConnected || stop();
};

const handleKey = (view, event) => {
  const target = event.composedPath()[0];
  if (isEditable(target)) {
    const search = findWidget(view.data.shortcuts.widgets["/"]);
    if (target === search && ["Enter", "Escape"].includes(event.key)) target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("[role=dialog], [data-testid=stPopoverBody]")) return;
  if (!runShortcut(view, event.key.length === 1 ? event.key.toLowerCase() : event.key)) return;
  // Streamlit uses some of these keys for its own shortcuts: r reruns the page.
  event.preventDefault();
  event.stopImmediatePropagation();
};

const isEditable = (target) =>
  target.isContentEditable || target.matches?.("textarea, select, input:not([type=checkbox])");

const findWidget = (key) => document.querySelector(`.st-key-${CSS.escape(key)} :is(button, input)`);

// Return whether the key is a shortcut.
const runShortcut = (view, key) => {
  const { commands, widgets, pages } = view.data.shortcuts;
  const page = takePrefix("g") && pages[key];
  if (page) findPageLink(page)?.click();
  else if (key === "g") prefix = { key, at: Date.now() };
  else if (key === "j" || key === "k") moveBy(view, key === "j" ? 1 : -1);
  else if (key === "n") openNextUnread(view);
  else if (key === "x") findCheckbox(view.list, view.root.activeElement?.dataset?.issue)?.click();
  else if (key in commands) addCommand(view, commands[key]);
  else if (key === "/") findWidget(widgets[key])?.focus();
  else if (key in widgets) findWidget(widgets[key])?.click();
  else return false;
  return true;
};

const takePrefix = (key) => {
  const isPrefixed = prefix.key === key && Date.now() - prefix.at < PREFIX_MS;
  prefix = { key: "", at: 0 };
  return isPrefixed;
};

const findPageLink = (name) =>
  document.querySelector(
    `:is([data-testid="stTopNavLink"], [data-testid="stSidebarNavLink"])[href$="/${name}"]`,
  );

// If an issue is open, open the next or previous one. Otherwise move only the focus.
const moveBy = (view, step) => {
  const { list, commandQueue } = view;
  const issue = commandQueue.openIssue;
  if (issue === "") {
    const start = findRow(list, lastFocus.issue) ? undefined : rowButtons(list)[0];
    (adjacentRow(list, lastFocus.issue, step) ?? start)?.focus();
    return;
  }
  const next = adjacentRow(list, issue, step);
  if (next) {
    next.focus();
    openRow(view, next);
  } else {
    // The adjacent issue is on another page, which only the server knows.
    commandQueue.add({ command: step > 0 ? "next" : "previous", issue, after: undefined });
  }
};

// Open the next unread issue of this page: after the open one, or else from the top.
const openNextUnread = (view) => {
  const { list, commandQueue } = view;
  const buttons = rowButtons(list);
  const isUnread = (button) => button.closest("li").classList.contains("unread");
  const start = buttons.findIndex(({ dataset }) => dataset.issue === commandQueue.openIssue);
  const next = buttons.slice(start + 1).find(isUnread) ?? buttons.find(isUnread);
  if (!next) return;
  next.focus();
  openRow(view, next);
};

// Press the button of the notice, which can be about a change in another tab; return whether there is one.
// While commands are pending, only the server knows what the last change is.
const undoByNotice = () =>
  !window.dispatchEvent(new Event("issue-portal-undo", { cancelable: true }));

const addCommand = (view, command) => {
  const { commandQueue } = view;
  const issue = commandQueue.openIssue;
  if (command === "undo" && commandQueue.isEmpty && undoByNotice()) return;
  if (["undo", "help"].includes(command)) {
    commandQueue.add({ command, issue });
    return;
  }
  if (issue === "" && !command.startsWith("page_")) return;
  if (["leave", "unread"].includes(command) || command.startsWith("page_")) {
    commandQueue.add({ command, issue, after: "" });
    return;
  }
  const act = foresee(view, command, issue);
  commandQueue.add({ command, issue, after: act.after, leaves: act.leaves });
  showAct(view, issue, act);
};
