// Show a notice while the portal cannot be reached. Streamlit (1.67) writes the connection state to its app
// element. While the notice is visible, actions.css hides Streamlit's own dialog.
const note = document.createElement("div");
note.className = "connection-notice";
note.setAttribute("role", "alert");
note.hidden = true;
let text = "";
let disconnectedAt; // In milliseconds, or undefined while connected.

const checkConnection = () => {
  const state = document.querySelector('[data-testid="stApp"]')?.dataset.testConnectionState;
  const isConnected = !state || state === "CONNECTED";
  disconnectedAt = isConnected ? undefined : (disconnectedAt ?? Date.now());
  note.hidden = !(disconnectedAt && Date.now() - disconnectedAt > 1000);
  const content = note.hidden ? "" : text;
  // Screen readers announce each change of the text, so set only a new one.
  if (note.textContent !== content) note.textContent = content;
};

export default function ({ data: [data] }) {
  text = data.text;
  if (note.isConnected) return;
  document.body.append(note);
  setInterval(checkConnection, 500);
}
