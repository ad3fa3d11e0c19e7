// A list of issues, like a mailbox: unread issues are bold, the open issue is highlighted.
import { renderBulkBar } from "./bulk_bar.js";
import { CommandQueue } from "./command_queue.js";
import { createElement } from "./create_element.js";
import { followButtons } from "./issue_acts.js";
import { rememberFocus } from "./list_focus.js";
import { renderRows, updateAges } from "./list_rows.js";
import { scrollAfterRender, scrollToTop } from "./list_scrolling.js";
import { listenForArrows, listenForShortcuts } from "./list_shortcuts.js";

// The state of each list, by the key of the list. A state remains when Streamlit replaces the elements of
// its list.
const states = new Map();

const AGE_INTERVAL_MS = 30_000;

export default function ({ data: [data], parentElement, setStateValue, setTriggerValue }) {
  if (!states.has(data.list)) states.set(data.list, { commandQueue: new CommandQueue() });
  const state = states.get(data.list);
  const { commandQueue } = state;
  commandQueue.sync(data, (pending) => setStateValue("commands", pending));

  const list = findOrCreateList(parentElement);
  list.setAttribute("aria-label", data.label);
  list.hidden = !data.rows.length;
  list.classList.toggle("compact", data.is_compact);
  const root = list.getRootNode();
  const isFirstRender = !state.rowIds;
  const view = {
    data,
    parentElement,
    setTriggerValue,
    list,
    root,
    state,
    commandQueue,
    isFirstRender,
  };

  clearInterval(state.ageTimer);
  state.ageTimer = setInterval(() => updateAges(list, data.locale), AGE_INTERVAL_MS);
  const restoreFocus = rememberFocus(view);
  renderRows(view);
  restoreFocus();
  scrollAfterRender(view);
  renderBulkBar(view);
  listenForArrows(view);
  if (!data.bulk_menu) return () => handleRemoval(view);
  followButtons(view);
  return listenForShortcuts(view);
}

const findOrCreateList = (parentElement) => {
  const existing = parentElement.querySelector("ul");
  if (existing) return existing;
  const list = createElement("ul");
  parentElement.append(list);
  parentElement.getRootNode().host.dataset.drawn = "";
  return list;
};

// If the list has left the page, remember its open issue for when the list returns. If an opened issue
// has replaced the list, scroll to the top of the issue.
const handleRemoval = ({ parentElement, commandQueue, state }) => {
  if (parentElement.isConnected) return;
  clearInterval(state.ageTimer);
  if (!commandQueue.isEmpty && !document.querySelector(".st-key-opened")) scrollToTop();
  state.openIssue = commandQueue.openIssue;
};
