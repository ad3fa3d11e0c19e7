// Show a notice while the portal cannot be reached. Streamlit (1.67) sets the state of the connection
// on its app element. actions.css hides Streamlit's own dialog while this notice is visible.
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
