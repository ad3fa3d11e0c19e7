// A list of issues, like a mailbox: unread issues are bold, the open issue is highlighted.
import { renderBulkBar } from "./bulk_bar.js";
import { CommandQueue } from "./command_queue.js";
import { createElement } from "./create_element.js";
import { rememberFocus } from "./list_focus.js";
import { renderRows } from "./list_rows.js";
import { scrollAfterRender, scrollToTop } from "./list_scrolling.js";
import { listenForArrows, listenForShortcuts } from "./list_shortcuts.js";

// States by key of the list. They remain when Streamlit replaces the elements of a list.
const states = new Map();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  if (!states.has(data.list)) states.set(data.list, { commandQueue: new CommandQueue() });
  const state = states.get(data.list);
  const { commandQueue } = state;
  commandQueue.sync(data, (pending) => setStateValue("commands", pending));

  const list = findOrCreateList(parentElement);
  list.setAttribute("aria-label", data.label);
  list.hidden = !data.rows.length;
  const root = list.getRootNode();
  const isFirst = !state.rows;
  const view = { data, parentElement, setTriggerValue, list, root, state, commandQueue, isFirst };

  const restoreFocus = rememberFocus(view);
  renderRows(view);
  restoreFocus();
  scrollAfterRender(view);
  renderBulkBar(view);
  listenForArrows(view);
  return data.bulk_menu ? listenForShortcuts(view) : () => leave(view);
}

const findOrCreateList = (parentElement) => {
  const existing = parentElement.querySelector("ul");
  if (existing) return existing;
  const list = createElement("ul");
  parentElement.append(list);
  parentElement.getRootNode().host.dataset.drawn = "";
  return list;
};

// On a page where the opened issue replaces the list, scroll to the top of the issue.
const leave = ({ parentElement, commandQueue, state }) => {
  if (parentElement.isConnected) return;
  if (!commandQueue.isEmpty && !document.querySelector(".st-key-opened")) scrollToTop();
  state.openIssue = commandQueue.openIssue;
};
