// Send the receipt in the fragment of the URL to the portal, over the connection of the page. The fragment stays in
// the URL, so that the person can bookmark the page, until the page shows another report.
let sent = "";
let send = () => {};

const readReceipt = () => location.hash.slice(1).match(/^[0-9]{4}(-?[0-9]{4}){3}$/)?.[0] ?? "";
const removeReceipt = () =>
  history.replaceState(history.state, "", location.pathname + location.search);
const normalize = (receipt) => receipt.replaceAll("-", "");

const sendNew = () => {
  const receipt = readReceipt();
  if (!receipt || receipt === sent) return;
  sent = receipt;
  send(receipt);
};

// After a sign-out in another tab, the next person must not see the receipt.
new BroadcastChannel("issue-portal-signed-out").onmessage = () => {
  if (readReceipt()) removeReceipt();
};
window.addEventListener("hashchange", sendNew);

export default function ({ data: [data], setTriggerValue }) {
  send = (receipt) => setTriggerValue("receipt", receipt);
  const receipt = readReceipt();
  const isOutdated = receipt === sent && normalize(data.shown) !== normalize(receipt);
  if (receipt && data.shown && isOutdated) removeReceipt();
  sendNew();
  return () => {
    send = () => {};
    sent = "";
  };
}
