// The tab's session storage. Where the browser refuses it, as to a frame in another site's page, or
// where it is full, this page is all that remembers.
let tabs = null;
try {
  tabs = window.sessionStorage;
} catch {
  // Refused.
}
const here = new Map();

export const storage = {
  getItem: (name) => here.get(name) ?? tabs?.getItem(name) ?? null,
  setItem: (name, text) => {
    try {
      tabs.setItem(name, text);
      here.delete(name);
    } catch {
      here.set(name, text);
    }
  },
  removeItem: (name) => {
    here.delete(name);
    tabs?.removeItem(name);
  },
  names: () => [...here.keys(), ...Object.keys(tabs ?? {})],
};
