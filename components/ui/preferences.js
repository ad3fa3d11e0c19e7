// Store the person's preferences in a cookie, which the server reads when a page opens.
export default function ({ data }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: CookieStore needs HTTPS, which a local network may lack.
  document.cookie = `${data.cookie}=${data.value}; Path=/; Max-Age=${data.seconds}; SameSite=Lax${secure}`;
}
