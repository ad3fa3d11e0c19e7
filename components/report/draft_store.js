// Drafts in the tab's session storage. Each form has one draft for visitors, and one for each person who
// has signed in.
import { storage } from "./storage.js";

const makeVisitorKey = (form) => `issue-portal-draft-${form}`;

// In drafts that an older version of the portal stored, the values have other names. TODO(2.0): remove.
const OLD_NAMES = {
  given: "initial",
  places: "inputs",
  references: "inputs",
  aside: "otherText",
  taken: "isLinkText",
  by_name: "byNameId",
};
const convertOld = ({ choice, toggle, ...values }) => {
  const renamed = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [OLD_NAMES[name] ?? name, value]),
  );
  const choices = { report_type: choice ?? undefined, report_anonymous: toggle };
  return { ...renamed, choices: { ...choices, ...values.choices } };
};

// A draft can have these values. It lacks a value that neither a link nor the person has set.
// `id`: identifies the draft. `initial`: the values of the link, or of the stored report.
// `text`, `inputs`, `choices`: the values of the person; inputs and choices by widget key.
// `otherText`: the text that is not shown, if both the person and the link have a text.
// `isLinkText`: whether the text that is shown is the link's. `byNameId`: see `convertToByName`.
const parse = (key) => {
  const draft = convertOld(JSON.parse(storage.getItem(key) ?? "{}"));
  if (draft.initial) draft.initial = convertOld(draft.initial);
  return draft;
};

const move = (oldKey, newKey) => {
  const draft = storage.getItem(oldKey);
  if (!draft) return;
  storage.setItem(newKey, draft);
  storage.removeItem(oldKey);
};

const removeMatching = (pattern) => {
  for (const name of storage.names()) if (pattern.test(name)) storage.removeItem(name);
};

export const removeDrafts = (form) => removeMatching(new RegExp(`^${makeVisitorKey(form)}`));

export const removeDraftsOfPeople = () => removeMatching(/^issue-portal-draft-.*-[0-9a-f]{16}$/);

// Return the draft as a report by name. `sign_in_click_id` identifies the click with which the person asked for
// it. The draft stores the id, so that each click turns off the toggle "anonymous" only once.
const convertToByName = (draft, { sign_in_click_id: byNameId, anonymous_toggle: toggle }) => {
  if (!byNameId || byNameId === draft.byNameId) return draft;
  return { ...draft, byNameId, choices: { ...draft.choices, [toggle]: false } };
};

// Switch the visitor's draft to a report by name.
export const switchVisitorsDraftToByName = (data) => {
  const key = makeVisitorKey(data.name);
  if (data.sign_in_click_id)
    storage.setItem(key, JSON.stringify(convertToByName(parse(key), data)));
};

export class Draft {
  #key;
  #id;

  // A visitor's draft becomes the draft of the person who signs in.
  constructor(form, owner) {
    const visitorKey = makeVisitorKey(form);
    this.#key = owner ? `${visitorKey}-${owner}` : visitorKey;
    if (owner) move(visitorKey, this.#key);
    // An older version of the portal named the drafts of edits "correction-…". TODO(2.0): remove.
    if (form.startsWith("edit-")) move(this.#key.replace("edit-", "correction-"), this.#key);
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
    return this.read().initial ?? { text: "", inputs: {}, choices: {} };
  }

  // The values to show: the person's values take precedence over the initial values.
  get text() {
    return this.read().text ?? this.initial.text;
  }

  get inputs() {
    return { ...this.initial.inputs, ...this.read().inputs };
  }

  get choices() {
    return this.read().choices;
  }

  updateInput(key, value) {
    this.update({ inputs: { ...this.read().inputs, [key]: value } });
  }

  updateChoice(key, value) {
    this.update({ choices: { ...this.choices, [key]: value } });
  }

  // Replace the initial values, if they are new. Keep the text of the person; if `keepBoth`, also keep
  // the text of the link as `otherText`.
  applyInitial(initial, keepBoth) {
    const draft = this.read();
    if (!initial || JSON.stringify(initial) === JSON.stringify(draft.initial)) return;
    const text = (draft.isLinkText ? draft.otherText : draft.text) || undefined;
    const otherText = text && keepBoth && initial.text !== text ? initial.text : undefined;
    this.update({ initial, text, inputs: undefined, otherText, isLinkText: false });
  }

  switchToByName(data) {
    if (data.sign_in_click_id) this.update(convertToByName(this.read(), data));
  }
}
