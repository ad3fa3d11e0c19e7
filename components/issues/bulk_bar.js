// The line above the rows: the number of issues, or the number of selected ones and what can be done to all of
// them. The browser keeps the selection until the server has applied the action.
import { createButton, createCheckbox, createElement } from "./create_element.js";

// `ids` are the selected issues of this page; `allPages` is whether the issues of all pages are selected.
// `finishedActionCount` is the number of actions that the server has applied so far.
const selection = { ids: new Set(), allPages: false, finishedActionCount: undefined };

// Actions beside the number of selected issues; the others are in a menu.
const VISIBLE_ACTIONS = ["close", "start"];

// Whether an action changes an issue.
const CHANGES = {
  close: ({ state_value }) => state_value !== "Closed",
  start: ({ state_value }) => state_value !== "InReview" && state_value !== "Closed",
  read: ({ unread }) => unread,
  unread: ({ unread }) => !unread,
  delete: () => true,
};

export const renderBulkBar = (view) => {
  const { data, list, parentElement } = view;
  const previous = parentElement.querySelector(".bulk-bar");
  const isMenuOpen = previous?.querySelector(".more")?.open ?? false;
  const focused = previous?.querySelector(":focus")?.dataset.action;
  previous?.remove();
  if (!data.bulk_menu) return;
  if (selection.finishedActionCount !== data.bulk_menu.finished_action_count) {
    selection.ids.clear();
    selection.allPages = false;
  }
  selection.finishedActionCount = data.bulk_menu.finished_action_count;
  const selectableRows = data.rows.filter((row) => !row.is_deleted);
  const bar = createBar(view, selectableRows);
  listen(bar);
  parentElement.insertBefore(bar.element, list);
  bar.more.open = isMenuOpen;
  update(bar);
  // New data replaces the bar, also while somebody chooses an action.
  if (focused) bar.element.querySelector(`[data-action="${focused}"]`)?.focus();
};

const createBar = ({ data, list, commandQueue, setTriggerValue }, selectableRows) => {
  const menu = data.bulk_menu;
  const element = createElement("div", "bulk-bar");
  element.hidden = list.hidden && !data.newer;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", menu.label);
  const selectPage = createCheckbox(menu.select_page);
  const label = createElement("label", "checkbox-cell");
  if (selectableRows.length) label.append(selectPage);
  const count = createElement("span", "count");
  count.setAttribute("role", "status");
  const actions = menu.actions.map(({ name, label: text }) => {
    const button = createButton("action", text, () =>
      setTriggerValue("bulk_action", {
        name,
        ids: [...selection.ids],
        all_pages: selection.allPages,
      }),
    );
    button.dataset.action = name;
    return { name, button };
  });
  const more = createMenu(menu.more, actions);
  const selectAllPages = createButton("action select-all-pages", menu.select_all_pages);
  const visible = VISIBLE_ACTIONS.map(
    (name) => actions.find((action) => action.name === name).button,
  );
  const newer = createButton("action newer", data.newer, () =>
    commandQueue.add({ command: "newer", issue: commandQueue.openIssue }),
  );
  newer.hidden = !data.newer;
  element.append(label, count, newer, selectAllPages, ...visible, more);
  return { element, list, selectableRows, selectPage, count, actions, more, selectAllPages, data };
};

const createMenu = (label, actions) => {
  const menu = createElement("details", "more");
  const summary = createElement("summary", "action", "⋯");
  summary.setAttribute("aria-label", label);
  summary.dataset.action = "more";
  const entries = createElement("div", "menu");
  for (const { name, button } of actions) {
    if (!VISIBLE_ACTIONS.includes(name)) entries.append(button);
  }
  menu.append(summary, entries);
  // The chosen entry disappears with the menu: keep the focus in the bar.
  entries.onclick = () => {
    menu.open = false;
    summary.focus();
  };
  menu.onkeydown = (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    summary.focus();
  };
  menu.onfocusout = ({ relatedTarget }) => {
    if (relatedTarget && !menu.contains(relatedTarget)) menu.open = false;
  };
  return menu;
};

const listen = (bar) => {
  bar.selectAllPages.onclick = () => {
    selection.allPages = true;
    update(bar);
  };
  bar.selectPage.onchange = () => {
    const ids = bar.selectableRows.map(({ id }) => id);
    select(bar, ids, bar.selectPage.checked);
  };
  bar.list.onchange = ({ target }) => select(bar, [target.dataset.checkboxFor], target.checked);
};

const select = (bar, ids, isSelected) => {
  selection.allPages = false;
  for (const id of ids) {
    if (isSelected) selection.ids.add(id);
    else selection.ids.delete(id);
  }
  update(bar);
};

// Deselect issues that are no longer on the page, and show the selection in the bar and in the rows.
const update = (bar) => {
  const { ids } = selection;
  const selectableIds = new Set(bar.selectableRows.map(({ id }) => id));
  for (const id of ids) if (!selectableIds.has(id)) ids.delete(id);
  for (const checkbox of bar.list.querySelectorAll("[data-checkbox-for]")) {
    checkbox.checked = ids.has(checkbox.dataset.checkboxFor);
    checkbox.closest("li").classList.toggle("selected", checkbox.checked);
  }
  bar.selectPage.checked = ids.size > 0 && ids.size === selectableIds.size;
  bar.selectPage.indeterminate = ids.size > 0 && !bar.selectPage.checked;
  selection.allPages &&= bar.selectPage.checked;
  bar.count.textContent = formatCount(bar.data);
  const selected = bar.selectableRows.filter(({ id }) => ids.has(id));
  for (const { name, button } of bar.actions) {
    button.hidden = ids.size === 0;
    button.disabled = !selection.allPages && !selected.some(CHANGES[name]);
  }
  bar.more.hidden = ids.size === 0;
  const canSelectAllPages = bar.data.bulk_menu.select_all_pages && bar.selectPage.checked;
  bar.selectAllPages.hidden = !canSelectAllPages || selection.allPages;
};

// Format the number of selected issues, or the number of all issues if none is selected.
const formatCount = ({ bulk_menu, locale }) => {
  const { size } = selection.ids;
  if (selection.allPages) return bulk_menu.all_pages_selected;
  if (!size) return bulk_menu.total;
  return bulk_menu.selected.replace("{count}", size.toLocaleString(locale));
};
