// Store the values of a form in the tab's session storage until the form is sent, and draw the lines below its
// text.
import { DraftRestorer } from "./draft_restore.js";
import { DraftStatus } from "./draft_status.js";
import {
  Draft,
  removeDrafts,
  removeDraftsOfPeople,
  requestSendAfterSignIn,
} from "./draft_store.js";
import { FormFields } from "./form_fields.js";
import { SubmitWatch } from "./form_submit.js";

// Hash of the person whose text may be in the form; "" for a visitor.
let owner = "";

// Id of the last sign-out that this tab announced to the other tabs.
let announcedSignOut;

// The text field at the last check, and whether it had the focus. After a reconnect, Streamlit (1.67) may replace
// the field in which the person is typing.
let lastField;
let hadFocus = false;

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

export default function ({ data: [data], parentElement, setStateValue }) {
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
  if (!data.owner) draft.endSendRequest();
  stopAutosave();
  const stopThisCall = startAutosave(data, draft, new DraftStatus(parentElement, data));
  stopAutosave = stopThisCall;
  // For tests: from now on, the tab stores what the person types.
  parentElement.getRootNode().host?.setAttribute("data-drawn", "");
  return () => parentElement.isConnected || stopThisCall();
}

const leaveForm = (data) => {
  stopAutosave();
  if (data.leave || data.sign_out_id) owner = "";
  requestSendAfterSignIn(data);
  if (data.forget) removeDrafts(data.name);
  // Announce each sign-out only once: meanwhile, another person may have signed in in another tab.
  if (!data.sign_out_id || data.sign_out_id === announcedSignOut) return;
  announcedSignOut = data.sign_out_id;
  signOutChannel.postMessage("");
};

// Start to store the draft; return a function that stops it.
const startAutosave = (data, draft, status) => {
  const fields = new FormFields(data);
  const submit = new SubmitWatch(fields, data);
  const form = { data, draft, status, fields, submit, restorer: new DraftRestorer(draft, fields) };
  const onInput = ({ target }) => handleInput(form, target);
  const onClick = (event) => handleClick(form, event);
  const onKey = (event) => submit.handleKey(event);
  status.onSwap(() => swapTexts(form));
  status.onRemove(() => removeInputs(form));
  document.addEventListener("input", onInput);
  document.addEventListener("click", onClick, true);
  document.addEventListener("keydown", onKey);
  const timer = setInterval(() => restore(form), 200);
  restore(form);
  status.showTextChoice(draft);
  return () => {
    clearInterval(timer);
    submit.stop();
    document.removeEventListener("input", onInput);
    document.removeEventListener("click", onClick, true);
    document.removeEventListener("keydown", onKey);
  };
};

const restore = (form) => {
  const { data, draft, fields, restorer, status, submit } = form;
  if (!fields.textField) return;
  keepFocus(fields.textField);
  fields.blockWhileSending();
  submit.check();
  restorer.restoreAll();
  showCount(form, fields.textField.value);
  status.showAttached(draft, fields.readInputs());
  if (data.sends_by_name && restorer.isComplete && draft.isSendRequested) {
    draft.endSendRequest();
    submit.press();
  }
};

const keepFocus = (field) => {
  const isReplaced = hadFocus && field !== lastField;
  if (isReplaced && document.activeElement === document.body) field.focus();
  lastField = field;
  hadFocus = document.activeElement === field;
};

const showCount = ({ data, fields, status }, text) => {
  if (status.showCount(text)) fields.hideFaults(data.text);
};

const handleInput = (form, target) => {
  const { draft, fields, restorer, status } = form;
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
  status.showAttached(draft, fields.readInputs());
};

const handleClick = (form, event) => {
  const { data, fields, restorer, submit } = form;
  if (event.target.closest?.('[data-testid="stFormSubmitButton"]')) {
    if (fields.textField?.value.length > data.send_limit) {
      // The server would close the connection. The count already says that the text is too long.
      event.preventDefault();
      event.stopPropagation();
      fields.textField.focus();
      return;
    }
    if (event.target.closest('[class*="st-key-cancel"]')) {
      putAside(form);
      return;
    }
    fields.showFaults();
    submit.expectFaults();
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

// Keep the text of a cancelled edit, to offer it at the next edit.
const putAside = ({ draft, fields }) => {
  const text = fields.textField.value;
  if (text !== draft.initial.text)
    draft.update({ text: undefined, otherText: text, isLinkText: true });
};

// Empty the inputs that a link has filled in.
const removeInputs = ({ data, draft, fields, restorer, status }) => {
  for (const key of data.inputs) {
    const field = fields.findInput(key);
    if (!field?.value) continue;
    restorer.markInputRestored(field);
    draft.updateInput(key, "");
    fields.fill(field, "");
    fields.hideFaults(key);
  }
  status.showAttached(draft, fields.readInputs());
  fields.textField.focus();
};
