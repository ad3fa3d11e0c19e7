// Send the height of the page to the page around the frame, at first and after each change. Any site may be around
// it (ISSUES_EMBED_IN says which), and a height is no secret.
const CONTENT = '[data-testid="stMainBlockContainer"]';
let observer;
let lastHeight;

const sendHeight = (content) => {
  const height = Math.ceil(content.getBoundingClientRect().height);
  if (!height || height === lastHeight) return;
  lastHeight = height;
  window.parent.postMessage({ type: "issue-portal:height", height }, "*");
};

export default function () {
  const content = document.querySelector(CONTENT);
  if (window.parent === window || !content) return;
  observer?.disconnect();
  observer = new ResizeObserver(() => sendHeight(content));
  observer.observe(content);
}
