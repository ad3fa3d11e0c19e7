// A list of issues, like a mailbox: unread ones bold, the opened one marked. All text is text.
// What is picked for an action on several stays in the browser until that is done.

// Streamlit draws the list anew: this is where the focus was, and what was picked.
let focus;
const picked = new Set();
let all = false;
let severalDone;

// What is asked for in each list has a number, and is told again and again until the server says
// that it has done it: nothing is lost, however fast one types. `issue` is what was open then, `after`
// what is open after it: an id, "" for nothing, or undefined if only the server can know.
const lists = new Map();
let number = 0;

// Streamlit calls what is returned below when the list goes, not before it calls this again; but also
// soon after a call that the next data overtook, with the list still there (1.67).
let stopListening = () => {};

const onPhone = () => matchMedia("(max-width: 640px)").matches;
const scrollToTop = () => document.querySelector(".stMain")?.scrollTo(0, 0);

const make = (tag, name, text) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
};

// On a phone the list may be hidden for a moment yet.
const scrollWhenSeen = (row, block, until = Date.now() + 3000) => {
  if (row?.offsetParent) row.scrollIntoView({ block });
  else if (row?.isConnected && Date.now() < until) {
    requestAnimationFrame(() => scrollWhenSeen(row, block, until));
  }
};

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  if (!lists.has(data.list)) lists.set(data.list, { asked: [] });
  const known = lists.get(data.list);
  if (known.session && known.session !== data.session && known.asked.length) {
    // The server has begun anew, and knows nothing of it.
    for (const request of known.asked) request.session = data.session;
    setStateValue("asked", known.asked);
  } else {
    known.asked = known.asked.filter((request) => request.number > data.done);
  }
  known.session = data.session;
  const ask = (request) => {
    known.asked.push({ number: ++number, session: data.session, ...request });
    setStateValue("asked", known.asked);
  };
  const opened = () => {
    const last = known.asked.findLast((request) => "after" in request);
    return last ? last.after : (data.selected ?? "");
  };

  let list = parentElement.querySelector("ul");
  if (!list) {
    list = make("ul");
    parentElement.append(list);
    parentElement.getRootNode().host.dataset.drawn = "";
  }
  list.setAttribute("aria-label", data.label);
  list.hidden = !data.rows.length;
  const buttons = () => [...list.querySelectorAll("button[data-issue]")];
  const ids = data.rows.filter((row) => !row.fixed).map((row) => row.id);

  const open = (button) => {
    for (const other of buttons()) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    focus = button.dataset.issue;
    ask({ do: "open", issue: focus, after: focus });
  };

  const row = (issue) => {
    const item = make("li", issue.unread ? "unread" : "");
    const button = make("button");
    button.type = "button";
    button.dataset.issue = issue.id;
    if (issue.id === opened()) button.setAttribute("aria-current", "true");
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
      const label = make(issue.fixed ? "span" : "label", "pick");
      if (!issue.fixed) {
        const box = make("input");
        box.type = "checkbox";
        box.dataset.pick = issue.id;
        box.setAttribute("aria-label", `${data.several.pick} ${issue.name}`);
        label.append(box);
      }
      item.append(label);
    }
    button.onfocus = () => {
      focus = issue.id;
    };
    item.append(button);
    return item;
  };

  const root = list.getRootNode();
  const focused = root.activeElement?.dataset;
  focus = focused?.issue ?? focus;
  const box = focused?.pick;
  const first = !known.rows;
  const moved = known.selected !== data.selected;
  if (!first && moved && data.selected && !known.asked.length) focus = data.selected;
  // In place of a row that has gone, its neighbour has the focus.
  const rows = data.rows.map(({ id }) => id);
  const place = first || rows.includes(focus) ? -1 : known.rows.indexOf(focus);
  if (place >= 0) {
    const stays = (id) => rows.includes(id);
    focus = known.rows.slice(place).find(stays) ?? known.rows.slice(0, place).findLast(stays);
  }
  known.rows = rows;
  list.replaceChildren(...data.rows.map(row));
  const find = (name, id) => id && list.querySelector(`[data-${name}="${CSS.escape(id)}"]`);
  if (document.activeElement === document.body) {
    (find("pick", box) ?? find("issue", focus))?.focus({ preventScroll: true });
  }

  // What was opened is seen from its top, and on the way back one is where one was.
  if (!first && known.page !== data.page) {
    scrollWhenSeen(parentElement.querySelector(".several") ?? list, "nearest");
  }
  if (moved && data.selected) {
    document.querySelector(".st-key-opened")?.scrollTo(0, 0);
    onPhone() ? scrollToTop() : scrollWhenSeen(find("issue", data.selected), "nearest");
  } else if (moved) {
    scrollWhenSeen(find("issue", known.selected), onPhone() ? "center" : "nearest");
  }
  known.selected = data.selected;
  known.page = data.page;

  parentElement.querySelector(".several")?.remove();
  if (data.several) {
    if (severalDone !== data.several.done) {
      picked.clear();
      all = false;
    }
    severalDone = data.several.done;
    const bar = make("div", "several");
    bar.hidden = list.hidden;
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", data.several.label);
    const every = make("input");
    every.type = "checkbox";
    every.setAttribute("aria-label", data.several.every);
    const label = make("label", "pick");
    if (ids.length) label.append(every);
    const count = make("span", "count");
    count.setAttribute("role", "status");
    const actions = data.several.actions.map(({ id, words }) => {
      const button = make("button", "action", words);
      button.type = "button";
      button.onclick = () => setTriggerValue("act", { action: id, ids: [...picked], all });
      return button;
    });
    const more = make("button", "action more", data.several.all);
    more.type = "button";
    more.onclick = () => {
      all = true;
      show();
    };
    const show = () => {
      for (const id of picked) if (!ids.includes(id)) picked.delete(id);
      for (const each of list.querySelectorAll("[data-pick]"))
        each.checked = picked.has(each.dataset.pick);
      every.checked = picked.size > 0 && picked.size === ids.length;
      every.indeterminate = picked.size > 0 && !every.checked;
      all &&= every.checked;
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
    const every = buttons();
    const at = every.findIndex((button) => button.dataset.issue === from);
    return at < 0 ? undefined : every[at + by];
  };
  list.onkeydown = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = by && step(event.target.dataset.issue ?? event.target.dataset.pick, by);
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  // Keys: on the whole page, but not while something is typed or a dialog is open.
  const press = (key) => document.querySelector(`.st-key-${CSS.escape(key)} :is(button, input)`);
  const go = (by) => {
    const from = opened();
    const next = step(from === "" ? focus : from, by);
    if (from === "") (next ?? (find("issue", focus) ? undefined : buttons()[0]))?.focus();
    else if (next) {
      next.focus();
      open(next);
    } else ask({ do: by > 0 ? "next" : "previous", issue: from, after: undefined });
  };
  const act = (what) => {
    const issue = opened();
    if (what !== "undo" && issue === "") return;
    ask({ do: what, issue, ...(["unread", "delete"].includes(what) && { after: "" }) });
  };
  const pressed = (event) => {
    const at = event.composedPath()[0];
    const typing =
      at.isContentEditable || at.matches?.("textarea, select, input:not([type=checkbox])");
    if (typing && ["Enter", "Escape"].includes(event.key) && at === press(data.keys.presses["/"])) {
      at.blur();
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("[role=dialog]")) return;
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") go(key === "j" ? 1 : -1);
    else if (key === "x") find("pick", root.activeElement?.dataset?.issue)?.click();
    else if (key in data.keys.asks) act(data.keys.asks[key]);
    else if (key === "/") press(data.keys.presses[key])?.focus();
    else if (key in data.keys.presses) press(data.keys.presses[key])?.click();
    else return;
    // Streamlit has its own meaning for some of them (r runs the page again).
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  // Where the opened issue takes the place of the list, it begins at its top.
  const left = () => {
    if (parentElement.isConnected) return;
    if (known.asked.length && !document.querySelector(".st-key-opened")) scrollToTop();
    known.selected = opened();
  };
  if (!data.several) return left;
  stopListening();
  if (data.keys) window.addEventListener("keydown", pressed, true);
  const stop = () => window.removeEventListener("keydown", pressed, true);
  stopListening = stop;
  return () => parentElement.isConnected || stop();
}
