// Count what is typed into a form, and keep it in this tab's session storage until it is sent.
import { DraftRestorer } from "./draft_restore.js";
import { DraftStatus } from "./draft_status.js";
import { Draft, noteByName, removeDrafts, removeDraftsOfPeople } from "./draft_store.js";
import { FormFields } from "./form_fields.js";

// The person whose text may still be in the form; "" for a visitor.
let owner = "";

// Id of the last sign-out that this tab announced to the others.
let announced;

// Streamlit (1.67) calls the cleanup after the next call of the component, not before it. It also calls
// the cleanup of a call that newer data overtook, although the form is still on the page.
let stop = () => {};

// Signing out in one tab signs out in all of them. Reload a tab whose form has a text: it would be
// stored again, and the next person would see it.
const tabs = new BroadcastChannel("issue-portal-signed-out");
tabs.onmessage = () => {
  if (owner) stop();
  removeDraftsOfPeople();
  if (owner) location.reload();
};

export default function ({ data, parentElement, setStateValue }) {
  if (data.away || data.forget) {
    leaveForm(data);
    return;
  }
  if (owner && owner !== data.owner) {
    // The sign-in ended while the connection was lost: the text belongs to another person.
    stop();
    location.reload();
    return;
  }
  owner = data.owner;
  const draft = new Draft(data.name, data.owner);
  setStateValue("id", draft.id);
  draft.applyLink(data.given, data.offer);
  draft.applyByName(data.by_name);
  stop();
  const mine = startAutosave(data, draft, new DraftStatus(parentElement, data));
  stop = mine;
  return () => parentElement.isConnected || mine();
}

const leaveForm = (data) => {
  stop();
  if (data.away || data.signed_out) owner = "";
  noteByName(data.name, data.by_name);
  if (data.forget) removeDrafts(data.name);
  // Once for each sign-out: someone may have signed in since, in another tab.
  if (!data.signed_out || data.signed_out === announced) return;
  announced = data.signed_out;
  tabs.postMessage("");
};

// Start to keep the draft; return a function that stops it.
const startAutosave = (data, draft, status) => {
  const fields = new FormFields(data);
  const form = { data, draft, status, fields, restorer: new DraftRestorer(draft, fields, data) };
  const onInput = ({ target }) => handleInput(form, target);
  const onClick = (event) => handleClick(form, event);
  status.onSwap(() => swapTexts(form));
  document.addEventListener("input", onInput);
  document.addEventListener("click", onClick, true);
  const timer = setInterval(() => restore(form), 200);
  restore(form);
  status.showOffer(draft);
  return () => {
    clearInterval(timer);
    document.removeEventListener("input", onInput);
    document.removeEventListener("click", onClick, true);
  };
};

const restore = (form) => {
  if (!form.fields.text) return;
  form.fields.blockWhileSending();
  form.restorer.restoreAll();
  showCount(form, form.fields.text.value);
};

const showCount = ({ data, fields, status }, text) => {
  if (status.showCount(text)) fields.hideProblems(data.text);
};

const handleInput = (form, target) => {
  const { draft, fields, restorer } = form;
  if (fields.isFilling) return;
  if (target === fields.text) {
    showCount(form, target.value);
    draft.update({ text: target.value });
    return;
  }
  const key = fields.placeKey(target);
  if (!key) return;
  restorer.markRestored(target);
  draft.update({ places: { ...draft.read().places, [key]: target.value } });
  fields.hideProblems(key);
};

const handleClick = (form, event) => {
  const { data, fields, restorer } = form;
  if (event.target.closest?.('[data-testid="stFormSubmitButton"]')) {
    if (fields.text?.value.length > data.longest) {
      // The server would close the connection. The count says that the text is too long.
      event.preventDefault();
      event.stopPropagation();
      fields.text.focus();
      return;
    }
    fields.showProblems();
  } else if (!fields.isFilling && fields.isChoice(event.target)) {
    restorer.trustChoices();
    setTimeout(() => restore(form));
  }
};

// Swap the person's own text and the link's.
const swapTexts = ({ draft, fields, status }) => {
  const { aside, taken } = draft.read();
  draft.update({ text: aside, aside: fields.text.value, taken: !taken });
  fields.fill(fields.text, aside);
  status.showOffer(draft);
};
