// Keep number and receipt of the report that was just sent in this tab's session storage, and show them
// again after a reload. A link or an address starts a new report.
import { storage } from "./storage.js";

let wasSentHere = false;
let isShown = false;
const STORAGE_KEY = "issue-portal-sent";

// Signed out in another tab: the next person must not see the receipt.
new BroadcastChannel("issue-portal-signed-out").onmessage = () => {
  storage.removeItem(STORAGE_KEY);
  if (isShown) location.reload();
};

export default function ({ data, parentElement, setTriggerValue }) {
  if (data.sent) {
    wasSentHere = isShown = true;
    storage.setItem(STORAGE_KEY, JSON.stringify(data.sent));
    // Streamlit (1.67) also calls this cleanup for a call that newer data overtook.
    return () => {
      isShown = parentElement.isConnected;
    };
  }
  const kept = storage.getItem(STORAGE_KEY);
  if (!kept) return;
  const navigation = performance.getEntriesByType("navigation")[0]?.type;
  const { owner } = JSON.parse(kept);
  // A report that a visitor sent stays after signing in, as a draft does.
  const isOfAnother = Boolean(owner) && owner !== data.owner;
  if (data.forget || isOfAnother || (navigation === "navigate" && !wasSentHere)) {
    storage.removeItem(STORAGE_KEY);
    return;
  }
  setTriggerValue("found", JSON.parse(kept));
}
