// Shows what an act on the open issue does before the server has confirmed it. The next list from the server
// shows what has really happened.
import { adjacentRow, findRow, highlightRow } from "./list_rows.js";

const TARGET_STATES = { close: "Closed", start: "InReview", delete: "Deleted" };

// Returns what a command changes: the state after it, whether the issue leaves the list, and the id of the
// issue that is open afterwards (undefined if only the server knows).
export const foresee = ({ data, list }, command, issue) => {
  const row = data.rows.find(({ id }) => id === issue);
  const state = TARGET_STATES[command];
  if (!row || !state || row.state_value === state) return { row, leaves: false, after: issue };
  const leaves = !data.listed_states.includes(state);
  if (command === "delete") return { row, state, leaves, after: "" };
  if (command !== "close" || !data.advances) return { row, state, leaves, after: issue };
  return { row, state, leaves, after: adjacentRow(list, issue, 1)?.dataset.issue };
};

export const showAct = (view, issue, { row, state, leaves, after }) => {
  if (!state) return;
  const move = { from: row.state_value, to: state };
  window.dispatchEvent(new CustomEvent("issue-portal-move", { detail: move }));
  const button = findRow(view.list, issue);
  const next = after && after !== issue ? findRow(view.list, after) : undefined;
  const hadFocus = view.root.activeElement === button;
  if (leaves) button?.closest("li").remove();
  if (next) {
    highlightRow(view.list, after);
    if (hadFocus) next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  } else if (after === "") highlightRow(view.list, "");
};

// A click on a button below the open issue is shown like its shortcut. Its second click within a double
// click is ignored: by then, the button belongs to the next issue.
const COMMANDS_BY_KEY = { move_to_Closed: "close", move_to_InReview: "start", delete: "delete" };
let current;

export const followButtons = (view) => {
  if (!current) document.addEventListener("click", handleClick, true);
  current = view;
};

const handleClick = (event) => {
  const button = event.target.closest?.(".st-key-actions button");
  if (!button) return;
  if (event.detail > 1) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  const { list, commandQueue } = current;
  const key = Object.keys(COMMANDS_BY_KEY).find((name) => button.closest(`.st-key-${name}`));
  const issue = commandQueue.openIssue;
  if (!key || !issue || !list.isConnected || button.disabled) return;
  showAct(current, issue, foresee(current, COMMANDS_BY_KEY[key], issue));
};
