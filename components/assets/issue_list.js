// A list of issues, like a mailbox: unread ones bold, the opened one marked. All text is text.
// What is picked for an action on several stays in the browser until an action is asked for.

// An action makes Streamlit draw the list anew: this is where the focus was, and what was picked.
let focus;
const picked = new Set();
// The issue that was asked for last. Answers to earlier clicks may still come in.
let asked = { until: 0 };

// Streamlit calls what is returned below when the list goes, not before it calls this again.
let stopListening = () => {};

const make = (tag, name, text) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
};

export default function ({ data, parentElement, setTriggerValue }) {
  let list = parentElement.querySelector("ul");
  if (!list) {
    list = make("ul");
    parentElement.append(list);
  }
  list.setAttribute("aria-label", data.label);
  const buttons = () => [...list.querySelectorAll("button[data-issue]")];
  const ids = data.rows.map((row) => row.id);
  if (asked.id === data.selected || Date.now() > asked.until) asked = { until: 0 };
  const current = asked.id ?? data.selected;

  const open = (button) => {
    for (const other of buttons()) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    focus = button.dataset.issue;
    asked = { id: focus, until: Date.now() + 3000 };
    setTriggerValue("opened", focus);
  };

  const row = (issue) => {
    const item = make("li", issue.unread ? "unread" : "");
    const button = make("button");
    button.type = "button";
    button.dataset.issue = issue.id;
    if (issue.id === current) button.setAttribute("aria-current", "true");
    const text = make("span", "text", issue.text);
    text.dir = "auto";
    const head = make("span", "head");
    const dot = make("span", "dot");
    if (issue.unread) dot.append(make("span", "hidden", `${data.unread} `));
    head.append(dot, text, make("span", "when", issue.when));
    const foot = make("span", "foot");
    const about = make("span", "who", issue.about);
    about.dir = "auto";
    foot.append(about, make("span", `state ${issue.colour}`, issue.state));
    button.append(head, foot);
    button.onclick = () => open(button);
    if (data.several) {
      const label = make("label", "pick");
      const box = make("input");
      box.type = "checkbox";
      box.dataset.pick = issue.id;
      box.checked = picked.has(issue.id);
      box.setAttribute("aria-label", `${data.several.pick} ${issue.name}`);
      label.append(box);
      item.append(label);
    }
    button.onfocus = () => (focus = issue.id);
    item.append(button);
    return item;
  };

  const root = list.getRootNode();
  const focused = root.activeElement?.dataset;
  focus = focused?.issue ?? focus;
  const box = focused?.pick;
  list.replaceChildren(...data.rows.map(row));
  const find = (name, id) => id && list.querySelector(`[data-${name}="${CSS.escape(id)}"]`);
  if (document.activeElement === document.body) {
    (find("pick", box) ?? find("issue", focus))?.focus({ preventScroll: true });
  }

  const several = data.several && parentElement.querySelector(".several");
  if (several) several.remove();
  if (data.several) {
    const bar = make("div", "several");
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", data.several.label);
    const every = make("input");
    every.type = "checkbox";
    every.setAttribute("aria-label", data.several.every);
    const label = make("label", "pick");
    label.append(every);
    const count = make("span", "count");
    count.setAttribute("role", "status");
    const actions = data.several.actions.map(({ id, words }) => {
      const button = make("button", "action", words);
      button.type = "button";
      button.onclick = () => {
        setTriggerValue("act", { action: id, ids: [...picked], all });
        picked.clear();
        all = false;
        show();
      };
      return button;
    });
    const more = make("button", "action more", data.several.all);
    more.type = "button";
    more.onclick = () => {
      all = true;
      show();
    };
    let all = false;
    const show = () => {
      for (const id of picked) if (!ids.includes(id)) picked.delete(id);
      for (const each of list.querySelectorAll("[data-pick]")) each.checked = picked.has(each.dataset.pick);
      every.checked = picked.size > 0 && picked.size === ids.length;
      every.indeterminate = picked.size > 0 && !every.checked;
      const some = data.several.some.replace("{count}", picked.size.toLocaleString(data.locale));
      count.textContent = all ? data.several.all_picked : picked.size ? some : data.several.none;
      for (const action of actions) action.hidden = !picked.size;
      more.hidden = !data.several.all || !every.checked || all;
    };
    every.onchange = () => {
      all = false;
      for (const id of ids) every.checked ? picked.add(id) : picked.delete(id);
      show();
    };
    list.onchange = ({ target }) => {
      all = false;
      target.checked ? picked.add(target.dataset.pick) : picked.delete(target.dataset.pick);
      show();
    };
    bar.append(label, count, ...actions, more);
    parentElement.insertBefore(bar, list);
    show();
  }

  const step = (from, by) => {
    const all = buttons();
    return all[all.findIndex((button) => button.dataset.issue === from) + by];
  };
  list.onkeydown = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = by && step(event.target.dataset.issue ?? event.target.dataset.pick, by);
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  // Shortcuts: on the whole page, but not while something is typed or a dialog is open.
  const press = (key) => document.querySelector(`.st-key-${CSS.escape(key)} :is(button, input)`);
  const go = (by) => {
    const opened = asked.id ?? data.selected;
    const next = step(opened ?? focus, by) ?? (opened || focus ? undefined : buttons()[0]);
    next?.focus();
    if (opened) next ? open(next) : press(by > 0 ? "next" : "previous")?.click();
  };
  const shortcut = (event) => {
    const at = event.composedPath()[0];
    const typing = at.isContentEditable || at.matches?.("textarea, select, input:not([type=checkbox])");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("[role=dialog]")) return;
    const key = event.key.toLowerCase();
    const target = data.shortcuts[key];
    if (key === "j" || key === "k") go(key === "j" ? 1 : -1);
    else if (key === "x") find("pick", root.activeElement?.dataset?.issue)?.click();
    else if (key === "/") press(target)?.focus();
    else if (target) press(target)?.click();
    else return;
    // Streamlit has its own meaning for some of them (r runs the page again).
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  if (!data.several) return;
  stopListening();
  if (data.shortcuts) window.addEventListener("keydown", shortcut, true);
  stopListening = () => window.removeEventListener("keydown", shortcut, true);
  return () => stopListening();
}
