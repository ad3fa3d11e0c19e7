// Counts what is typed into a text area of Streamlit and keeps it in this tab's session storage.

export default function ({ data, parentElement }) {
  const key = `issue-portal-draft-${data.name}`;
  if (data.forget) {
    sessionStorage.removeItem(key);
    return;
  }
  let status = parentElement.querySelector("p");
  if (!status) {
    status = document.createElement("p");
    parentElement.append(status);
  }
  const find = () =>
    [...document.querySelectorAll("textarea")].find((area) => area.ariaLabel === data.label);
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
  const typed = ({ target }) => {
    if (target !== find()) return;
    count(target.value);
    if (target.value) sessionStorage.setItem(key, target.value);
    else sessionStorage.removeItem(key);
  };
  // Streamlit may replace or empty the area while a page settles. A person who empties it is heard
  // by `typed`, so an empty area with a draft in store is always one that lost it.
  const restore = () => {
    const area = find();
    if (!area) return;
    const kept = sessionStorage.getItem(key);
    if (kept && !area.value) {
      // React listens to the native setter's event, not to the property.
      const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;
      set.call(area, kept);
      area.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (area.value && area.value !== data.prefill) {
      // Typed before this script had arrived.
      sessionStorage.setItem(key, area.value);
    }
    count(area.value);
  };
  document.addEventListener("input", typed);
  const timer = setInterval(restore, 200);
  restore();
  return () => {
    clearInterval(timer);
    document.removeEventListener("input", typed);
  };
}
