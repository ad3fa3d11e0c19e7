// Select several issues and act on all of them. The selection stays in the browser until the action is done.
import { createButton, createCheckbox, createElement } from "./create_element.js";

// `all` means all issues of all pages. `done` is the number of actions that the server has completed.
const selection = { ids: new Set(), all: false, done: undefined };

export const renderBulkBar = (view) => {
  const { data, list, parentElement } = view;
  parentElement.querySelector(".several")?.remove();
  if (!data.several) return;
  if (selection.done !== data.several.done) {
    selection.ids.clear();
    selection.all = false;
  }
  selection.done = data.several.done;
  const selectable = data.rows.filter((row) => !row.fixed).map((row) => row.id);
  const bar = createBar(view, selectable);
  listen(bar);
  parentElement.insertBefore(bar.element, list);
  update(bar);
};

const createBar = ({ data, list, setTriggerValue }, selectable) => {
  const texts = data.several;
  const element = createElement("div", "several");
  element.hidden = list.hidden;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", texts.label);
  const selectPage = createCheckbox(texts.every);
  const label = createElement("label", "pick");
  if (selectable.length) label.append(selectPage);
  const count = createElement("span", "count");
  count.setAttribute("role", "status");
  const actions = texts.actions.map(({ id, words }) =>
    createButton("action", words, () =>
      setTriggerValue("act", { action: id, ids: [...selection.ids], all: selection.all }),
    ),
  );
  const selectAll = createButton("action more", texts.all);
  element.append(label, count, ...actions, selectAll);
  return { element, list, selectable, selectPage, count, actions, selectAll, data };
};

const listen = (bar) => {
  bar.selectAll.onclick = () => {
    selection.all = true;
    update(bar);
  };
  bar.selectPage.onchange = () => select(bar, bar.selectable, bar.selectPage.checked);
  bar.list.onchange = ({ target }) => select(bar, [target.dataset.pick], target.checked);
};

const select = (bar, ids, isSelected) => {
  selection.all = false;
  for (const id of ids) {
    if (isSelected) selection.ids.add(id);
    else selection.ids.delete(id);
  }
  update(bar);
};

// Drop issues that are no longer on the page, and show the selection in the bar and in the rows.
const update = (bar) => {
  const { ids } = selection;
  for (const id of ids) if (!bar.selectable.includes(id)) ids.delete(id);
  for (const checkbox of bar.list.querySelectorAll("[data-pick]")) {
    checkbox.checked = ids.has(checkbox.dataset.pick);
  }
  bar.selectPage.checked = ids.size > 0 && ids.size === bar.selectable.length;
  bar.selectPage.indeterminate = ids.size > 0 && !bar.selectPage.checked;
  selection.all &&= bar.selectPage.checked;
  bar.count.textContent = countText(bar.data);
  for (const action of bar.actions) action.hidden = ids.size === 0;
  bar.selectAll.hidden = !bar.data.several.all || !bar.selectPage.checked || selection.all;
};

const countText = ({ several, locale }) => {
  const { size } = selection.ids;
  if (selection.all) return several.all_picked;
  return size ? several.some.replace("{count}", size.toLocaleString(locale)) : several.none;
};
