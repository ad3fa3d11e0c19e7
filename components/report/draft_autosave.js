// Count the characters of a form's text, and store the form's values in the tab's session storage until the
// form is sent.
import { DraftRestorer } from "./draft_restore.js";
import { DraftStatus } from "./draft_status.js";
import {
  Draft,
  removeDrafts,
  removeDraftsOfPeople,
  switchVisitorsDraftToByName,
} from "./draft_store.js";
import { FormFields } from "./form_fields.js";

// Hash of the person whose text may be in the form; "" for a visitor.
let owner = "";

// Id of the last sign-out that this tab announced to the other tabs.
let announcedSignOut;

// Stops the autosave that the last call of this component started. Streamlit (1.67) calls the cleanup of a
// call only after the next call. If new data arrives during a call, Streamlit calls the cleanup although the
// form stays on the page. The cleanup therefore does nothing while the form is on the page.
let stopAutosave = () => {};

// A sign-out in one tab signs out all tabs of the browser. Reload a tab in which a person was signed in:
// otherwise the tab would store the text of the form again, and the next person would see the text.
const signOutChannel = new BroadcastChannel("issue-portal-signed-out");
signOutChannel.onmessage = () => {
  if (owner) stopAutosave();
  removeDraftsOfPeople();
  if (owner) location.reload();
};

export default function ({ data, parentElement, setStateValue }) {
  if (data.leave || data.forget) {
    leaveForm(data);
    parentElement.getRootNode().host.dataset.drawn = "";
    return;
  }
  if (owner && owner !== data.owner) {
    // The sign-in ended while the connection was lost: the text in the form belongs to another person.
    stopAutosave();
    location.reload();
    return;
  }
  owner = data.owner;
  const draft = new Draft(data.name, data.owner);
  setStateValue("id", draft.id);
  draft.applyInitial(data.initial, Boolean(data.text_choice));
  draft.switchToByName(data);
  stopAutosave();
  const stopThisCall = startAutosave(data, draft, new DraftStatus(parentElement, data));
  stopAutosave = stopThisCall;
  return () => parentElement.isConnected || stopThisCall();
}

const leaveForm = (data) => {
  stopAutosave();
  if (data.leave || data.sign_out_id) owner = "";
  switchVisitorsDraftToByName(data);
  if (data.forget) removeDrafts(data.name);
  // Announce each sign-out only once: meanwhile, another person may have signed in in another tab.
  if (!data.sign_out_id || data.sign_out_id === announcedSignOut) return;
  announcedSignOut = data.sign_out_id;
  signOutChannel.postMessage("");
};

// Start to store the draft; return a function that stops it.
const startAutosave = (data, draft, status) => {
  const fields = new FormFields(data);
  const form = { data, draft, status, fields, restorer: new DraftRestorer(draft, fields) };
  const onInput = ({ target }) => handleInput(form, target);
  const onClick = (event) => handleClick(form, event);
  status.onSwap(() => swapTexts(form));
  document.addEventListener("input", onInput);
  document.addEventListener("click", onClick, true);
  const timer = setInterval(() => restore(form), 200);
  restore(form);
  status.showTextChoice(draft);
  return () => {
    clearInterval(timer);
    document.removeEventListener("input", onInput);
    document.removeEventListener("click", onClick, true);
  };
};

const restore = (form) => {
  if (!form.fields.textField) return;
  form.fields.blockWhileSending();
  form.restorer.restoreAll();
  showCount(form, form.fields.textField.value);
};

const showCount = ({ data, fields, status }, text) => {
  if (status.showCount(text)) fields.hideFaults(data.text);
};

const handleInput = (form, target) => {
  const { draft, fields, restorer } = form;
  if (fields.isFilling) return;
  if (target === fields.textField) {
    showCount(form, target.value);
    draft.update({ text: target.value });
    return;
  }
  const key = fields.findInputKey(target);
  if (!key) return;
  restorer.markInputRestored(target);
  draft.updateInput(key, target.value);
  fields.hideFaults(key);
};

const handleClick = (form, event) => {
  const { data, fields, restorer } = form;
  if (event.target.closest?.('[data-testid="stFormSubmitButton"]')) {
    if (fields.textField?.value.length > data.send_limit) {
      // The server would close the connection. The count already says that the text is too long.
      event.preventDefault();
      event.stopPropagation();
      fields.textField.focus();
      return;
    }
    fields.showFaults();
    return;
  }
  const key = fields.findChoiceKey(event.target);
  if (!key || fields.isFilling) return;
  restorer.markChoiceRestored(key);
  setTimeout(() => restore(form));
};

// Swap the text of the person and the text of the link.
const swapTexts = ({ draft, fields, status }) => {
  const { otherText, isLinkText } = draft.read();
  draft.update({ text: otherText, otherText: fields.textField.value, isLinkText: !isLinkText });
  fields.fill(fields.textField, otherText);
  status.showTextChoice(draft);
};
