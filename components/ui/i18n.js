// Streamlit (1.67) leaves the account menu open, where the person has chosen the language.
const closeMenu = () => {
  if (!document.querySelector('[data-testid="stPopoverBody"] .st-key-languages')) return;
  document.querySelector(".st-key-account_menu button")?.click();
};

// Apply the chosen language to this page, and store it in a cookie, which the server reads when a page
// opens. SameSite=Lax: the server must get the cookie also when a link on another site opens the page.
export default function ({ data }) {
  const root = document.documentElement;
  if (root.lang !== data.language) closeMenu();
  root.lang = data.language;
  root.dir = data.direction;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: CookieStore needs HTTPS, which a local network may lack.
  document.cookie = `${data.cookie}=${data.language}; Path=/; Max-Age=${data.seconds}; SameSite=Lax${secure}`;
}
