// A list of issues, like a mailbox: unread ones bold, the opened one marked. All text is text.
// Opening an issue makes Streamlit draw the list anew: this is where the focus was.
let focus;

export default function ({ data, parentElement, setTriggerValue }) {
  let list = parentElement.querySelector("ul");
  if (!list) {
    list = document.createElement("ul");
    parentElement.append(list);
  }
  list.setAttribute("aria-label", data.label);

  const span = (name, text) => {
    const element = document.createElement("span");
    element.className = name;
    element.textContent = text;
    return element;
  };
  const rows = data.rows.map((row) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = row.unread ? "unread" : "";
    button.dataset.issue = row.id;
    if (row.id === data.selected) button.setAttribute("aria-current", "true");
    const text = span("text", row.text);
    text.dir = "auto";
    const head = span("head", "");
    const dot = span("dot", "");
    if (row.unread) dot.append(span("hidden", `${data.unread} `));
    head.append(dot, text, span("when", row.when));
    const foot = span("foot", "");
    const who = span("who", row.about);
    who.dir = "auto";
    foot.append(who, span(`state ${row.colour}`, row.state));
    button.append(head, foot);
    button.onclick = () => {
      for (const other of list.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
      button.setAttribute("aria-current", "true");
      focus = row.id;
      setTriggerValue("opened", row.id);
    };
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  focus = list.getRootNode().activeElement?.dataset?.issue ?? focus;
  list.replaceChildren(...rows);
  if (focus && document.activeElement === document.body) {
    list.querySelector(`[data-issue="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
  }
  list.onfocusin = (event) => (focus = event.target.dataset.issue);
  list.onkeydown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...list.querySelectorAll("button")];
    const next = step && buttons[buttons.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
}
