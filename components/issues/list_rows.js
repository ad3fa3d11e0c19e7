// The rows of a list of issues: how they look, how to find one, how to open one.
import { createButton, createCheckbox, createElement } from "./create_element.js";

// The issue whose row had the focus last, in any list of the page.
export const lastFocus = { issue: undefined };

export const rowButtons = (list) => [...list.querySelectorAll("button[data-issue]")];

export const findRow = (list, id) => id && list.querySelector(`[data-issue="${CSS.escape(id)}"]`);

export const findCheckbox = (list, id) =>
  id && list.querySelector(`[data-pick="${CSS.escape(id)}"]`);

export const adjacentRow = (list, id, step) => {
  const buttons = rowButtons(list);
  const index = buttons.findIndex((button) => button.dataset.issue === id);
  return index < 0 ? undefined : buttons[index + step];
};

export const openRow = ({ list, requests }, button) => {
  for (const other of rowButtons(list)) other.removeAttribute("aria-current");
  button.setAttribute("aria-current", "true");
  const { issue } = button.dataset;
  lastFocus.issue = issue;
  requests.add({ do: "open", issue, after: issue });
};

export const renderRows = (view) => {
  view.list.replaceChildren(...view.data.rows.map((issue) => createRow(view, issue)));
};

const createRow = (view, issue) => {
  const item = createElement("li", issue.unread ? "unread" : "");
  if (view.data.several) item.append(createPick(view.data.several, issue));
  const button = createButton("", "", () => openRow(view, button));
  button.dataset.issue = issue.id;
  if (issue.id === view.requests.openIssue) button.setAttribute("aria-current", "true");
  button.onfocus = () => {
    lastFocus.issue = issue.id;
  };
  button.append(createHead(view.data, issue), createFoot(issue));
  item.append(button);
  return item;
};

const createHead = ({ unread }, issue) => {
  const head = createElement("span", "head");
  const dot = createElement("span", "dot");
  if (issue.unread) dot.append(createElement("span", "hidden", `${unread} `));
  const text = createElement("span", "text", issue.text);
  text.dir = "auto";
  head.append(dot, text, createElement("span", "when", issue.when));
  return head;
};

const createFoot = (issue) => {
  const foot = createElement("span", "foot");
  const about = createElement("span", "about", issue.about);
  about.dir = "auto";
  foot.append(about, createElement("span", `state ${issue.colour}`, issue.state));
  return foot;
};

// The checkbox of a row. A fixed row has an empty space instead.
const createPick = ({ pick }, issue) => {
  if (issue.fixed) return createElement("span", "pick");
  const label = createElement("label", "pick");
  const checkbox = createCheckbox(`${pick} ${issue.name}`);
  checkbox.dataset.pick = issue.id;
  label.append(checkbox);
  return label;
};
