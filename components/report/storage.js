// The tab's session storage. If the browser blocks it (in a frame of another site, for example) or it is
// full, the values are kept in this page only.
let session = null;
try {
  session = window.sessionStorage;
} catch {
  // The browser blocks the storage.
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
