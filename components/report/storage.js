// The tab's session storage. If the browser refuses it, as in a frame on another site, or if it is full,
// keep the values in this page.
let session = null;
try {
  session = window.sessionStorage;
} catch {
  // Refused.
}
const fallback = new Map();

export const storage = {
  getItem: (name) => fallback.get(name) ?? session?.getItem(name) ?? null,
  setItem: (name, text) => {
    try {
      session.setItem(name, text);
      fallback.delete(name);
    } catch {
      fallback.set(name, text);
    }
  },
  removeItem: (name) => {
    fallback.delete(name);
    session?.removeItem(name);
  },
  names: () => [...fallback.keys(), ...Object.keys(session ?? {})],
};
