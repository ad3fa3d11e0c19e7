// Put the focus into the first field of the sign-in form, unless the person has begun to type.
export default function () {
  if (focusFirstField()) return undefined;
  // On the first visit, Streamlit may still load the script of text fields.
  const observer = new MutationObserver(() => {
    if (focusFirstField()) observer.disconnect();
  });
  observer.observe(document.body, { childList: true, subtree: true });
  return () => observer.disconnect();
}

const focusFirstField = () => {
  const field = document.querySelector(".st-key-sign_in_name input");
  if (field && !document.activeElement?.matches("input, textarea"))
    field.focus({ preventScroll: true });
  return Boolean(field);
};
