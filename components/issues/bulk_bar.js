// The bar to select issues and apply an action to all of them. The browser keeps the selection until the
// server has applied the action.
import { createButton, createCheckbox, createElement } from "./create_element.js";

// `ids` are the selected issues of this page; `allPages` is whether the issues of all pages are selected.
// `finishedActionCount` is the number of actions that the server has applied so far.
const selection = { ids: new Set(), allPages: false, finishedActionCount: undefined };

export const renderBulkBar = (view) => {
  const { data, list, parentElement } = view;
  parentElement.querySelector(".bulk-bar")?.remove();
  if (!data.bulk_menu) return;
  if (selection.finishedActionCount !== data.bulk_menu.finished_action_count) {
    selection.ids.clear();
    selection.allPages = false;
  }
  selection.finishedActionCount = data.bulk_menu.finished_action_count;
  const selectableIds = data.rows.filter((row) => !row.is_deleted).map((row) => row.id);
  const bar = createBar(view, selectableIds);
  listen(bar);
  parentElement.insertBefore(bar.element, list);
  update(bar);
};

const createBar = ({ data, list, setTriggerValue }, selectableIds) => {
  const menu = data.bulk_menu;
  const element = createElement("div", "bulk-bar");
  element.hidden = list.hidden;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", menu.label);
  const selectPage = createCheckbox(menu.select_page);
  const label = createElement("label", "checkbox-cell");
  if (selectableIds.length) label.append(selectPage);
  const count = createElement("span", "count");
  count.setAttribute("role", "status");
  const actions = menu.actions.map(({ name, label: text }) =>
    createButton("action", text, () =>
      setTriggerValue("bulk_action", {
        name,
        ids: [...selection.ids],
        all_pages: selection.allPages,
      }),
    ),
  );
  const selectAllPages = createButton("action select-all-pages", menu.select_all_pages);
  element.append(label, count, ...actions, selectAllPages);
  return { element, list, selectableIds, selectPage, count, actions, selectAllPages, data };
};

const listen = (bar) => {
  bar.selectAllPages.onclick = () => {
    selection.allPages = true;
    update(bar);
  };
  bar.selectPage.onchange = () => select(bar, bar.selectableIds, bar.selectPage.checked);
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
  for (const id of ids) if (!bar.selectableIds.includes(id)) ids.delete(id);
  for (const checkbox of bar.list.querySelectorAll("[data-checkbox-for]")) {
    checkbox.checked = ids.has(checkbox.dataset.checkboxFor);
  }
  bar.selectPage.checked = ids.size > 0 && ids.size === bar.selectableIds.length;
  bar.selectPage.indeterminate = ids.size > 0 && !bar.selectPage.checked;
  selection.allPages &&= bar.selectPage.checked;
  bar.count.textContent = formatCount(bar.data);
  for (const action of bar.actions) action.hidden = ids.size === 0;
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
