// Drafts in the tab's session storage, one for each form and person. A visitor's draft has no person.
import { storage } from "./storage.js";

const visitorKey = (form) => `issue-portal-draft-${form}`;
const parse = (key) => JSON.parse(storage.getItem(key) ?? "{}");

const removeMatching = (pattern) => {
  for (const name of storage.names()) if (pattern.test(name)) storage.removeItem(name);
};

export const removeDrafts = (form) => removeMatching(new RegExp(`^${visitorKey(form)}`));

export const removeDraftsOfPeople = () => removeMatching(/^issue-portal-draft-.*-[0-9a-f]{16}$/);

// Note that the visitor wants to report by name; each `occasion` counts once.
export const noteByName = (form, occasion) => {
  const draft = parse(visitorKey(form));
  if (!occasion || occasion === draft.by_name) return;
  const noted = { ...draft, by_name: occasion, toggle: false };
  storage.setItem(visitorKey(form), JSON.stringify(noted));
};

export class Draft {
  #key;
  #id;

  // A visitor's draft becomes that of the person who signs in.
  constructor(form, owner) {
    const visitors = visitorKey(form);
    this.#key = owner ? `${visitors}-${owner}` : visitors;
    const visitorsDraft = owner && storage.getItem(visitors);
    if (visitorsDraft) {
      storage.setItem(this.#key, visitorsDraft);
      storage.removeItem(visitors);
    }
    this.#id = this.read().id ?? [...crypto.getRandomValues(new Uint32Array(4))].join("-");
  }

  // The id survives reloads, so that a report which is sent twice is stored once.
  get id() {
    return this.#id;
  }

  read() {
    return parse(this.#key);
  }

  update(change) {
    storage.setItem(this.#key, JSON.stringify({ id: this.#id, ...this.read(), ...change }));
  }

  // Values of the link that the person followed. The person's own changes take precedence.
  get prefill() {
    return this.read().given ?? { text: "", choice: null, places: {} };
  }

  get text() {
    return this.read().text ?? this.prefill.text;
  }

  get places() {
    return { ...this.prefill.places, ...this.read().places };
  }

  // Take over a new link. If the person has a text of their own, set the link's text `aside`.
  applyLink(link, canOffer) {
    const draft = this.read();
    if (!link || JSON.stringify(link) === JSON.stringify(draft.given)) return;
    const text = (draft.taken ? draft.aside : draft.text) || undefined;
    const aside = text && canOffer && link.text !== text ? link.text : undefined;
    this.update({ given: link, text, places: undefined, aside, taken: false });
  }

  applyByName(occasion) {
    if (!occasion || occasion === this.read().by_name) return;
    this.update({ by_name: occasion, toggle: false });
  }
}
