// A list of issues, like a mailbox: unread issues are bold, the open one is marked.
import { renderBulkBar } from "./bulk_bar.js";
import { createElement } from "./create_element.js";
import { rememberFocus } from "./list_focus.js";
import { renderRows } from "./list_rows.js";
import { scrollAfterRender, scrollToTop } from "./list_scrolling.js";
import { listenForArrows, listenForShortcuts } from "./list_shortcuts.js";
import { RequestQueue } from "./request_queue.js";

// States by key of the list. They outlive the elements, which Streamlit replaces.
const states = new Map();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  if (!states.has(data.list)) states.set(data.list, { requests: new RequestQueue() });
  const state = states.get(data.list);
  const { requests } = state;
  requests.sync(data, (pending) => setStateValue("asked", pending));

  const list = findOrCreateList(parentElement);
  list.setAttribute("aria-label", data.label);
  list.hidden = !data.rows.length;
  const root = list.getRootNode();
  const isFirst = !state.rows;
  const view = { data, parentElement, setTriggerValue, list, root, state, requests, isFirst };

  const restoreFocus = rememberFocus(view);
  renderRows(view);
  restoreFocus();
  scrollAfterRender(view);
  renderBulkBar(view);
  listenForArrows(view);
  return data.several ? listenForShortcuts(view) : () => leave(view);
}

const findOrCreateList = (parentElement) => {
  const existing = parentElement.querySelector("ul");
  if (existing) return existing;
  const list = createElement("ul");
  parentElement.append(list);
  parentElement.getRootNode().host.dataset.drawn = "";
  return list;
};

// On a page where the opened issue replaces the list, show the issue from its top.
const leave = ({ parentElement, requests, state }) => {
  if (parentElement.isConnected) return;
  if (!requests.isEmpty && !document.querySelector(".st-key-opened")) scrollToTop();
  state.selected = requests.openIssue;
};
