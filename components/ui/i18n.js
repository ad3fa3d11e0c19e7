import { storeCookie } from "./cookie.js";

// Streamlit (1.67) leaves the account menu open, where the person has chosen the language.
const closeMenu = () => {
  if (!document.querySelector('[data-testid="stPopoverBody"] .st-key-languages')) return;
  document.querySelector(".st-key-account_menu button")?.click();
};

// Apply the chosen language to this page, and store it in a cookie.
export default function ({ data: [data] }) {
  const root = document.documentElement;
  if (root.lang !== data.language) closeMenu();
  root.lang = data.language;
  root.dir = data.direction;
  storeCookie(data.cookie, data.language, data.seconds);
}
