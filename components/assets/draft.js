// Counts what is typed into a text area of Streamlit and keeps it in this tab's session storage.
const storageKey = (name) => `issue-portal-draft-${name}`;

export default function ({ data, parentElement }) {
  const key = storageKey(data.name);
  if (data.forget) {
    sessionStorage.removeItem(key);
    return;
  }
  let status = parentElement.querySelector("p");
  if (!status) {
    status = document.createElement("p");
    parentElement.append(status);
  }
  let area;
  let frame;

  const count = () => {
    // Code points, as the server counts; a flag or a family counts as the several that it is.
    const length = [...area.value].length;
    const over = length - data.limit;
    const limit = data.limit.toLocaleString();
    status.textContent =
      over > 0
        ? `${over.toLocaleString()} more than the ${limit} characters that fit. Shorten it to send it.`
        : `${length.toLocaleString()} of ${limit} characters`;
    status.className = over > 0 ? "over" : "";
    status.setAttribute("role", over > 0 ? "alert" : "note");
  };
  const typed = () => {
    count();
    if (area.value) sessionStorage.setItem(key, area.value);
    else sessionStorage.removeItem(key);
  };
  const restore = () => {
    const kept = sessionStorage.getItem(key);
    if (!kept || area.value) return;
    // React listens to the native setter's event, not to the property.
    const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;
    set.call(area, kept);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const find = () => {
    area = [...document.querySelectorAll("textarea")].find((a) => a.ariaLabel === data.label);
    if (!area) {
      frame = requestAnimationFrame(find);
      return;
    }
    area.addEventListener("input", typed);
    restore();
    count();
  };
  find();
  return () => {
    cancelAnimationFrame(frame);
    area?.removeEventListener("input", typed);
  };
}
