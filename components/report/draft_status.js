// The lines below the text: a hint, the number of characters, and the offer of a link's text.
const append = (parent, tag, className = "") => {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
};

export class DraftStatus {
  #data;
  #counted;
  #offer;
  #button;
  #hint;
  #count;

  constructor(parentElement, data) {
    if (!parentElement.querySelector("p")) {
      const other = append(parentElement, "div", "other");
      append(other, "p");
      append(other, "button").type = "button";
      const line = append(parentElement, "div", "line");
      append(line, "p");
      append(line, "p");
    }
    this.#data = data;
    [this.#offer, this.#hint, this.#count] = parentElement.querySelectorAll("p");
    this.#button = parentElement.querySelector("button");
  }

  onSwap(swap) {
    this.#button.onclick = swap;
  }

  // Offer the link's text beside the person's own, or the other way round.
  showOffer(draft) {
    const { aside, taken } = draft.read();
    const data = this.#data;
    const isLinkText = draft.prefill.text && (!aside || taken);
    this.#hint.textContent = isLinkText ? data.hint_of_link : data.hint;
    this.#button.parentElement.hidden = !aside;
    if (!data.offer) return;
    this.#offer.textContent = taken ? data.offer.mine : data.offer.other;
    this.#button.textContent = taken ? data.offer.back : data.offer.take;
  }

  // Count code points, as the server does. Return whether the text is new and can be sent.
  showCount(text) {
    if (text === this.#counted) return false;
    this.#counted = text;
    const { limit, locale, count, over_one, over: overMany } = this.#data;
    const length = [...text].length;
    const over = length - limit;
    const format = (number) => number.toLocaleString(locale);
    const values = { count: format(length), over: format(over), limit: format(limit) };
    const overText = over === 1 ? over_one : overMany;
    const template = over > 0 ? overText : count;
    this.#count.textContent = template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    this.#count.className = over > 0 ? "over" : "";
    this.#count.setAttribute("role", over > 0 ? "alert" : "note");
    return Boolean(text.trim()) && over <= 0;
  }
}
