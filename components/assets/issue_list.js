// A list of issues, like a mailbox: unread ones bold, the opened one marked. All text is text.
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
    if (row.unread) dot.append(span("hidden", "Unread: "));
    head.append(dot, text, span("when", row.when));
    const foot = span("foot", "");
    const who = span("who", row.about);
    who.dir = "auto";
    foot.append(who, span(`state ${row.colour}`, row.state));
    button.append(head, foot);
    button.onclick = () => {
      for (const other of list.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
      button.setAttribute("aria-current", "true");
      setTriggerValue("opened", row.id);
    };
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  const focused = list.getRootNode().activeElement?.dataset?.issue;
  list.replaceChildren(...rows);
  if (focused) list.querySelector(`[data-issue="${CSS.escape(focused)}"]`)?.focus();
}
