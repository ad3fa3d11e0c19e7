// The lines below a text field: the choice between the text of the person and the text of a link, the values that
// a link attached, and the number of characters.
const append = (parent, tag, className = "") => {
  const element = document.createElement(tag);
  element.className = className;
  if (tag === "button") element.type = "button";
  parent.append(element);
  return element;
};

const appendLine = (parent, name) => {
  const line = append(parent, "div", name);
  line.hidden = true;
  append(line, "p");
  return line;
};

export class DraftStatus {
  #data;
  #countedText;
  #choice;
  #hint;
  #attached;
  #count;

  constructor(parentElement, data) {
    if (!parentElement.querySelector(".lines")) {
      const lines = append(parentElement, "div", "lines");
      // The stylesheet shows the lines: without styles they are taller, and the form would move.
      lines.hidden = true;
      append(appendLine(lines, "choice"), "button");
      appendLine(lines, "hint");
      append(appendLine(lines, "attached"), "button");
      appendLine(lines, "count");
    }
    this.#data = data;
    [this.#choice, this.#hint, this.#attached, this.#count] = [
      ...parentElement.querySelectorAll("div:has(> p)"),
    ];
  }

  onSwap(swap) {
    this.#choice.querySelector("button").onclick = swap;
  }

  onRemove(remove) {
    this.#attached.querySelector("button").onclick = remove;
  }

  // Warn about the text of a link. If there is another text, offer to swap the two texts.
  showTextChoice(draft) {
    const { otherText, isLinkText } = draft.read();
    const { hint_of_link, text_choice } = this.#data;
    const showsLinkText = draft.initial.text && (!otherText || isLinkText);
    show(this.#hint, showsLinkText ? hint_of_link : "");
    if (!text_choice) return;
    const { link_text_shown, own_text_shown, use_own_text, use_link_text } = text_choice;
    show(this.#choice, otherText ? (isLinkText ? link_text_shown : own_text_shown) : "");
    this.#choice.querySelector("button").textContent = isLinkText ? use_own_text : use_link_text;
  }

  // Name the values that a link attached, as long as the person has not removed them.
  showAttached(draft, values) {
    const { attached } = this.#data;
    if (!attached) return;
    const { names, shown_as_is, line, remove } = attached;
    const isOfLink = Object.values(draft.initial.inputs ?? {}).some(Boolean);
    const parts = Object.entries(isOfLink ? values : {})
      .filter(([, value]) => value)
      .map(([key, value]) => (key === shown_as_is ? value : names[key]));
    show(this.#attached, parts.length ? line.replace("{parts}", () => parts.join(" · ")) : "");
    this.#attached.querySelector("button").textContent = remove;
  }

  // Show the number of characters of a long text. They are code points, as on the server. Return whether the
  // text has changed and is neither blank nor too long.
  showCount(text) {
    if (text === this.#countedText) return false;
    this.#countedText = text;
    const { limit, count_from, locale, count, over_one, over_many } = this.#data;
    const length = [...text].length;
    const over = length - limit;
    const format = (number) => number.toLocaleString(locale);
    const values = { count: format(length), over: format(over), limit: format(limit) };
    const overTemplate = over === 1 ? over_one : over_many;
    const template = over > 0 ? overTemplate : count;
    const content = template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    this.#count.classList.toggle("over", over > 0);
    this.#count.setAttribute("role", over > 0 ? "alert" : "note");
    show(this.#count, length >= count_from ? content : "");
    return Boolean(text.trim()) && over <= 0;
  }
}

const show = (line, text) => {
  const paragraph = line.querySelector("p");
  // Screen readers announce each change of the text, so set only a new one.
  if (paragraph.textContent !== text) paragraph.textContent = text;
  line.hidden = !text;
};
