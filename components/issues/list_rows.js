// The rows of a list of issues: create, find and open them.
import { createButton, createCheckbox, createElement } from "./create_element.js";
import { formatAge } from "./relative_time.js";

// Id of the issue whose row last had the focus, in any list of the page.
export const lastFocus = { issue: undefined };

export const rowButtons = (list) => [...list.querySelectorAll("button[data-issue]")];

export const findRow = (list, id) => id && list.querySelector(`[data-issue="${CSS.escape(id)}"]`);

export const findCheckbox = (list, id) =>
  id && list.querySelector(`[data-checkbox-for="${CSS.escape(id)}"]`);

export const adjacentRow = (list, id, step) => {
  const buttons = rowButtons(list);
  const index = buttons.findIndex((button) => button.dataset.issue === id);
  return index < 0 ? undefined : buttons[index + step];
};

export const highlightRow = (list, id) => {
  for (const button of rowButtons(list)) {
    if (button.dataset.issue === id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  lastFocus.issue = id || lastFocus.issue;
};

export const openRow = ({ list, commandQueue }, button) => {
  const { issue } = button.dataset;
  highlightRow(list, issue);
  commandQueue.add({ command: "open", issue, after: issue });
};

// Draw the rows, without those that a pending command removes from the list.
export const renderRows = (view) => {
  const leaving = view.commandQueue.leavingIssues;
  const rows = view.data.rows.filter(({ id }) => !leaving.has(id));
  view.list.replaceChildren(...rows.map((row) => createRow(view, row)));
};

const createRow = (view, row) => {
  const item = createElement("li", row.unread ? "unread" : "");
  if (view.data.bulk_menu) item.append(createCheckboxCell(view.data.bulk_menu, row));
  const button = createButton("", "", () => openRow(view, button));
  button.dataset.issue = row.id;
  if (row.id === view.commandQueue.openIssue) button.setAttribute("aria-current", "true");
  button.onfocus = () => {
    lastFocus.issue = row.id;
  };
  button.append(...createCells(view.data, row));
  item.append(button);
  return item;
};

// Show the current ages, on a page that stays open.
export const updateAges = (list, locale) => {
  for (const when of list.querySelectorAll("time[data-created]")) {
    const { created } = when.dataset;
    when.textContent = formatAge(created === "" ? null : Number(created), locale);
  }
};

const createCells = (data, row) => {
  const dot = createElement("span", `dot ${row.colour}`);
  dot.title = row.state;
  const hidden = row.unread ? `${data.unread_label} ${row.state} ` : `${row.state} `;
  dot.append(createElement("span", "visually-hidden", hidden));
  const number = createElement("span", "number", row.number && `#${row.number}`);
  const text = createElement("span", "text", row.text);
  text.dir = "auto";
  const details = createElement("span", "details", row.details);
  details.dir = "auto";
  const when = createElement("time", "when", formatAge(row.created, data.locale));
  when.title = row.when;
  when.dataset.created = row.created ?? "";
  return [dot, number, text, details, when];
};

// The checkbox that selects a row. A deleted issue has an empty cell, since no action applies to it.
const createCheckboxCell = ({ select_issue }, row) => {
  if (row.is_deleted) return createElement("span", "checkbox-cell");
  const label = createElement("label", "checkbox-cell");
  const checkbox = createCheckbox(`${select_issue} ${row.number}`);
  checkbox.dataset.checkboxFor = row.id;
  label.append(checkbox);
  return label;
};
