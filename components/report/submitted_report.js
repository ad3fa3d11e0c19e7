// Store the number and receipt of a sent report in the session storage of the tab, and show them again
// after a reload. Opening the portal by a link or an address removes them and shows the form.
import { storage } from "./storage.js";

let wasSentSinceLoad = false;
let isShown = false;
const STORAGE_KEY = "issue-portal-sent";

// After a sign-out in another tab, the next person must not see the receipt.
new BroadcastChannel("issue-portal-signed-out").onmessage = () => {
  storage.removeItem(STORAGE_KEY);
  if (isShown) location.reload();
};

export default function ({ data: [data], parentElement, setTriggerValue }) {
  if (data.sent) {
    wasSentSinceLoad = isShown = true;
    storage.setItem(STORAGE_KEY, JSON.stringify(data.sent));
    // Streamlit (1.67) calls the returned function when it removes the report from the page. It also calls
    // it if new data arrives while it calls the function above: then the report stays on the page.
    return () => {
      isShown = parentElement.isConnected;
    };
  }
  const stored = storage.getItem(STORAGE_KEY);
  if (!stored) return;
  const navigation = performance.getEntriesByType("navigation")[0]?.type;
  const { owner } = JSON.parse(stored);
  // A visitor's report is still shown after the visitor signs in, like a visitor's draft.
  const belongsToOther = Boolean(owner) && owner !== data.owner;
  if (data.forget || belongsToOther || (navigation === "navigate" && !wasSentSinceLoad)) {
    storage.removeItem(STORAGE_KEY);
    return;
  }
  setTriggerValue("stored_report", JSON.parse(stored));
}
