// Notes in a cookie what a person leaves for, at the click with which they leave, and removes the
// note once they are back.
let stop = () => {};
let removed = false;

const keep = (name, value, seconds) => {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=${seconds}; SameSite=Strict${secure}`;
};

export default function ({ data }) {
  if (data.over) {
    // Once: a person who is back may leave again.
    if (!removed) keep(data.name, "", 0);
    removed = true;
    return;
  }
  const note = ({ target }) => {
    if (target.closest?.(`.st-key-${data.button} button`)) keep(data.name, data.value, data.seconds);
  };
  // Streamlit calls what is returned below when this goes, not before it calls this again.
  stop();
  document.addEventListener("click", note, true);
  stop = () => document.removeEventListener("click", note, true);
  return () => stop();
}
