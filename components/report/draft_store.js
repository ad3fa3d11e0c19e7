// Drafts in the tab's session storage: one for each form and person, and one for each form and visitor.
import { storage } from "./storage.js";

const visitorKey = (form) => `issue-portal-draft-${form}`;

// Names in drafts that were stored before an update of the portal. TODO(2.0): remove.
const OLD_NAMES = {
  given: "initial",
  places: "references",
  aside: "otherText",
  taken: "isLinkText",
  by_name: "byNameId",
};
const rename = (values) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [OLD_NAMES[name] ?? name, value]),
  );

// A draft has these values, and lacks those that neither a link nor the person has set:
// `id`: identifies the draft. `initial`: the values of the link, or of the stored report.
// `text`, `choice`, `toggle`, `references`: the values of the person.
// `otherText`: the text that is not shown, if both the person and the link have a text.
// `isLinkText`: whether the text that is shown is the link's. `byNameId`: see `noteByName`.
const parse = (key) => {
  const draft = rename(JSON.parse(storage.getItem(key) ?? "{}"));
  if (draft.initial) draft.initial = rename(draft.initial);
  return draft;
};

const removeMatching = (pattern) => {
  for (const name of storage.names()) if (pattern.test(name)) storage.removeItem(name);
};

export const removeDrafts = (form) => removeMatching(new RegExp(`^${visitorKey(form)}`));

export const removeDraftsOfPeople = () => removeMatching(/^issue-portal-draft-.*-[0-9a-f]{16}$/);

// Switch the visitor's draft to a report by name. `byNameId` identifies the person's click, so that each
// click switches the toggle only once.
export const noteByName = (form, byNameId) => {
  const draft = parse(visitorKey(form));
  if (!byNameId || byNameId === draft.byNameId) return;
  storage.setItem(visitorKey(form), JSON.stringify({ ...draft, byNameId, toggle: false }));
};

export class Draft {
  #key;
  #id;

  // A visitor's draft becomes the draft of the person who signs in.
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

  // The id survives reloads, so that a report that is sent twice is stored once.
  get id() {
    return this.#id;
  }

  read() {
    return parse(this.#key);
  }

  update(change) {
    storage.setItem(this.#key, JSON.stringify({ id: this.#id, ...this.read(), ...change }));
  }

  get initial() {
    return this.read().initial ?? { text: "", choice: null, references: {} };
  }

  // The values to show: the person's values take precedence over the initial values.
  get text() {
    return this.read().text ?? this.initial.text;
  }

  get references() {
    return { ...this.initial.references, ...this.read().references };
  }

  // Replace the initial values, if they are new. Keep the text of the person; if `keepBoth`, also keep
  // the text of the link as `otherText`.
  applyInitial(initial, keepBoth) {
    const draft = this.read();
    if (!initial || JSON.stringify(initial) === JSON.stringify(draft.initial)) return;
    const text = (draft.isLinkText ? draft.otherText : draft.text) || undefined;
    const otherText = text && keepBoth && initial.text !== text ? initial.text : undefined;
    this.update({ initial, text, references: undefined, otherText, isLinkText: false });
  }

  applyByName(byNameId) {
    if (!byNameId || byNameId === this.read().byNameId) return;
    this.update({ byNameId, toggle: false });
  }
}
