// Keeps the number and receipt of the report that was just sent in this tab's session storage, and
// hands them back after a reload. Whoever comes by a link or an address begins a new report.
import { storage } from "./storage.js";

let here = false;
let shown = false;
const store = "issue-portal-sent";

// In another tab. Who comes next must not see by the receipt whose report it is.
new BroadcastChannel("issue-portal-signed-out").onmessage = () => {
  storage.removeItem(store);
  if (shown) location.reload();
};

export default function ({ data, parentElement, setTriggerValue }) {
  if (data.sent) {
    here = shown = true;
    storage.setItem(store, JSON.stringify(data.sent));
    // Streamlit (1.67) also calls this soon after a call that the next data overtook.
    return () => {
      shown = parentElement.isConnected;
    };
  }
  const kept = storage.getItem(store);
  if (!kept) return;
  const came = performance.getEntriesByType("navigation")[0]?.type;
  const { owner } = JSON.parse(kept);
  // What a visitor has sent goes along with a sign-in, as a draft does.
  const isOfAnother = Boolean(owner) && owner !== data.owner;
  if (data.forget || isOfAnother || (came === "navigate" && !here)) {
    storage.removeItem(store);
    return;
  }
  setTriggerValue("found", JSON.parse(kept));
}
