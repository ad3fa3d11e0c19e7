// The lines below a text field: a hint, the number of characters, and the choice between the text of the
// person and the text of a link.
const append = (parent, tag, className = "") => {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
};

export class DraftStatus {
  #data;
  #countedText;
  #choice;
  #swapButton;
  #hint;
  #count;

  constructor(parentElement, data) {
    if (!parentElement.querySelector("p")) {
      const choiceLine = append(parentElement, "div", "text-choice");
      append(choiceLine, "p");
      append(choiceLine, "button").type = "button";
      const statusLine = append(parentElement, "div", "status");
      // The stylesheet shows the line: without styles it is taller, and the form would move.
      statusLine.hidden = true;
      append(statusLine, "p");
      append(statusLine, "p");
    }
    this.#data = data;
    [this.#choice, this.#hint, this.#count] = parentElement.querySelectorAll("p");
    this.#swapButton = parentElement.querySelector("button");
  }

  onSwap(swap) {
    this.#swapButton.onclick = swap;
  }

  // Show the hint for the text in the field. If there is another text, offer to swap the two texts.
  showTextChoice(draft) {
    const { otherText, isLinkText } = draft.read();
    const { hint, hint_of_link, text_choice } = this.#data;
    const showsLinkText = draft.initial.text && (!otherText || isLinkText);
    this.#hint.textContent = showsLinkText ? hint_of_link : hint;
    this.#choice.parentElement.hidden = !otherText;
    if (!text_choice) return;
    this.#choice.textContent = isLinkText
      ? text_choice.link_text_shown
      : text_choice.own_text_shown;
    this.#swapButton.textContent = isLinkText
      ? text_choice.use_own_text
      : text_choice.use_link_text;
  }

  // Show the number of characters. They are code points, as on the server. Return whether the text has
  // changed and is neither blank nor too long.
  showCount(text) {
    if (text === this.#countedText) return false;
    this.#countedText = text;
    const { limit, locale, count, over_one, over_many } = this.#data;
    const length = [...text].length;
    const over = length - limit;
    const format = (number) => number.toLocaleString(locale);
    const values = { count: format(length), over: format(over), limit: format(limit) };
    const overTemplate = over === 1 ? over_one : over_many;
    const template = over > 0 ? overTemplate : count;
    this.#count.textContent = template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    this.#count.className = over > 0 ? "over" : "";
    this.#count.setAttribute("role", over > 0 ? "alert" : "note");
    return Boolean(text.trim()) && over <= 0;
  }
}
