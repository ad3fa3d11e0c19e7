// Keep the chosen language in a cookie, which the server reads when a page opens, and set it on this
// page. SameSite=Lax: a link from another site must open the page in that language, too.
export default function ({ data }) {
  const root = document.documentElement;
  root.lang = data.language;
  root.dir = data.direction;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: CookieStore needs HTTPS, which a local network may lack.
  document.cookie = `${data.cookie}=${data.language}; Path=/; Max-Age=${data.seconds}; SameSite=Lax${secure}`;
}
