// Tells that the portal does not answer. Streamlit (1.67) says in its app element how the connection
// is; its own dialog about it is hidden by portal.css for as long as this note is shown.
const note = document.createElement("div");
note.className = "unreachable";
note.setAttribute("role", "alert");
note.hidden = true;
let text = "";
let since;

const look = () => {
  const state = document.querySelector('[data-testid="stApp"]')?.dataset.testConnectionState;
  since = !state || state === "CONNECTED" ? undefined : (since ?? Date.now());
  note.hidden = !(since && Date.now() - since > 1000);
  if (note.textContent !== (note.hidden ? "" : text)) note.textContent = note.hidden ? "" : text;
};

export default function ({ data }) {
  text = data.text;
  if (note.isConnected) return;
  document.body.append(note);
  setInterval(look, 500);
}
