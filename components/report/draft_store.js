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
// `isLinkText`: whether the text that is shown is the link's.
// `byNameId`, `sendRequestedAt`: see `requestSendAfterSignIn`.
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

// Ids of drafts that the tab has not stored yet, by key. All parts of a page use the same id.
const newIds = new Map();
const makeId = () => [...crypto.getRandomValues(new Uint32Array(4))].join("-");

const removeMatching = (pattern) => {
  newIds.clear();
  for (const name of storage.names()) if (pattern.test(name)) storage.removeItem(name);
};

export const removeDrafts = (form) => removeMatching(new RegExp(`^${makeVisitorKey(form)}`));

export const removeDraftsOfPeople = () => removeMatching(/^issue-portal-draft-.*-[0-9a-f]{16}$/);

// Time for which a request to send the report after the sign-in is valid, in milliseconds.
const REQUEST_LIFETIME = 15 * 60 * 1000;

// Make the visitor's draft a report by name that is sent once the person has signed in. `sign_in_click_id`
// identifies the click on "Sign in and send": the draft stores it, so that each click has an effect only once.
export const requestSendAfterSignIn = ({ name, sign_in_click_id: byNameId, anonymous_choice }) => {
  const key = makeVisitorKey(name);
  const draft = parse(key);
  if (!byNameId || byNameId === draft.byNameId) return;
  const choices = { ...draft.choices, [anonymous_choice]: false };
  const changed = { ...draft, byNameId, choices, sendRequestedAt: Date.now() };
  storage.setItem(key, JSON.stringify(changed));
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
    this.#id = this.read().id ?? newIds.get(this.#key) ?? makeId();
    newIds.set(this.#key, this.#id);
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

  // Whether the person pressed "Sign in and send". A request ends when the form opens without a sign-in.
  get isSendRequested() {
    return Date.now() - (this.read().sendRequestedAt ?? 0) < REQUEST_LIFETIME;
  }

  endSendRequest() {
    if (this.read().sendRequestedAt) this.update({ sendRequestedAt: undefined });
  }
}
