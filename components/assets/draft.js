// Counts what is typed into the report form and keeps it in this tab's session storage until it is
// sent. The parts of the form are found by the keys that Streamlit gives them as class names.
export default function ({ data, parentElement, setStateValue }) {
  const store = `issue-portal-draft-${data.name}`;
  if (data.forget) {
    sessionStorage.removeItem(store);
    return;
  }
  let status = parentElement.querySelector("p");
  if (!status) {
    status = document.createElement("p");
    parentElement.append(status);
  }
  const find = (selector) => [...document.querySelectorAll(selector)];
  const area = () => find(`.st-key-${data.text} textarea`)[0];
  const choices = () => find(`.st-key-${data.choice} input[type=radio]`);
  const toggle = () => find(`.st-key-${data.toggle} input`)[0];
  const kept = () => JSON.parse(sessionStorage.getItem(store) ?? "{}");
  const keep = (change) => {
    const draft = { id, ...kept(), prefill: data.prefill, ...change };
    sessionStorage.setItem(store, JSON.stringify(draft));
  };
  // Sent along with the form, so that a report which is sent again after a reload is still one.
  const id = kept().id ?? [...crypto.getRandomValues(new Uint32Array(4))].join("-");
  setStateValue("id", id);

  let counted;
  const count = (text) => {
    if (text === counted) return;
    counted = text;
    // Code points, as the server counts; a flag or a family counts as the several that it is.
    const length = [...text].length;
    const over = length - data.limit;
    const limit = data.limit.toLocaleString();
    status.textContent =
      over > 0
        ? `${over.toLocaleString()} more than the ${limit} characters that fit. Shorten it to send it.`
        : `${length.toLocaleString()} of ${limit} characters`;
    status.className = over > 0 ? "over" : "";
    status.setAttribute("role", over > 0 ? "alert" : "note");
  };

  const chosen = () => {
    const choice = choices().findIndex((radio) => radio.checked);
    return choice >= 0 ? { choice } : {};
  };
  const changed = ({ target }) => {
    if (target === area()) {
      count(target.value);
      keep({ text: target.value, ...chosen() });
    } else if (target === toggle()) {
      keep({ toggle: target.checked });
    } else if (choices().includes(target)) {
      keep(chosen());
    }
  };
  // Streamlit may replace or empty a part while a page settles. A person who empties the text is
  // heard by `changed`, so an empty text with one in store is always one that was lost.
  let toggled = false;
  const restore = () => {
    const text = area();
    if (!text) return;
    const draft = kept();
    const untouched = text.value === data.prefill && draft.prefill === data.prefill;
    if (draft.text && draft.text !== text.value && (!text.value || untouched)) {
      // React listens to the native setter's event, not to the property.
      const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;
      set.call(text, draft.text);
      text.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (text.value && text.value !== draft.text) {
      // Came with the link, or was typed before this script had arrived.
      keep({ text: text.value });
    }
    count(text.value);
    const { choice } = chosen();
    if (choice === undefined) choices()[draft.choice]?.click();
    else if (choice !== draft.choice) keep({ choice });
    if (!toggled && toggle()) {
      toggled = true;
      if ("toggle" in draft && draft.toggle !== toggle().checked) toggle().click();
    }
  };
  document.addEventListener("input", changed);
  document.addEventListener("change", changed);
  const timer = setInterval(restore, 200);
  restore();
  return () => {
    clearInterval(timer);
    document.removeEventListener("input", changed);
    document.removeEventListener("change", changed);
  };
}
