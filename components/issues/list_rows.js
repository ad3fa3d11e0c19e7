// The rows of a list of issues: create, find and open them.
import { createButton, createCheckbox, createElement } from "./create_element.js";

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

export const openRow = ({ list, commandQueue }, button) => {
  for (const other of rowButtons(list)) other.removeAttribute("aria-current");
  button.setAttribute("aria-current", "true");
  const { issue } = button.dataset;
  lastFocus.issue = issue;
  commandQueue.add({ command: "open", issue, after: issue });
};

export const renderRows = (view) => {
  view.list.replaceChildren(...view.data.rows.map((row) => createRow(view, row)));
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
  button.append(createHead(view.data, row), createFoot(row));
  item.append(button);
  return item;
};

const createHead = (data, row) => {
  const head = createElement("span", "head");
  const dot = createElement("span", "dot");
  if (row.unread) dot.append(createElement("span", "visually-hidden", `${data.unread_label} `));
  const text = createElement("span", "text", row.text);
  text.dir = "auto";
  head.append(dot, text, createElement("span", "when", row.when));
  return head;
};

const createFoot = (row) => {
  const foot = createElement("span", "foot");
  const details = createElement("span", "details", row.details);
  details.dir = "auto";
  foot.append(details, createElement("span", `state ${row.colour}`, row.state));
  return foot;
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
