// Store a value in a cookie, which the server reads when a page opens. SameSite=Lax: the server must get the
// cookie also when a link on another site opens the page.
export const storeCookie = (name, value, seconds) => {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: CookieStore needs HTTPS, which a local network may lack.
  document.cookie = `${name}=${value}; Path=/; Max-Age=${seconds}; SameSite=Lax${secure}`;
};
