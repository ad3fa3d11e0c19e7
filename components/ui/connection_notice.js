// Show a notice while the portal cannot be reached. Streamlit (1.67) writes the connection state to its app
// element.
const note = document.createElement("div");
note.className = "connection-notice";
note.setAttribute("role", "alert");
note.hidden = true;
let text = "";
let disconnectedAt; // In milliseconds, or undefined while connected.

const isDisconnected = () => {
  const state = document.querySelector('[data-testid="stApp"]')?.dataset.testConnectionState;
  return Boolean(state) && state !== "CONNECTED";
};

const checkConnection = () => {
  disconnectedAt = isDisconnected() ? (disconnectedAt ?? Date.now()) : undefined;
  note.hidden = !(disconnectedAt && Date.now() - disconnectedAt > 1000);
  const content = note.hidden ? "" : text;
  // Screen readers announce each change of the text, so set only a new one.
  if (note.textContent !== content) note.textContent = content;
};

// Streamlit's own dialog takes the keyboard from the field in which the person writes. Closed at once, it
// does not get that far, and does not come again until the connection is lost the next time.
const closeStreamlitDialog = () => {
  for (const dialog of document.querySelectorAll('body > [data-testid="stDialog"]')) {
    const title = dialog.querySelector('[slot="title"]')?.textContent;
    if (title === "Connection error" && isDisconnected())
      dialog.querySelector('[aria-label="Close"]')?.click();
  }
};

export default function ({ data: [data] }) {
  text = data.text;
  if (note.isConnected) return;
  document.body.append(note);
  setInterval(checkConnection, 500);
  new MutationObserver(closeStreamlitDialog).observe(document.body, { childList: true });
}
