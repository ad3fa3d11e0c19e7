// Before a redirect to the OIDC provider, stores in a cookie which page to open after the sign-in. Removes the
// cookie afterwards.
let removed = false;

export default function ({ data: [data], setTriggerValue }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const setCookie = (value, seconds) => {
    // biome-ignore lint/suspicious/noDocumentCookie: CookieStore needs HTTPS, which a local network may lack.
    document.cookie = `${data.name}=${value}; Path=/; Max-Age=${seconds}; SameSite=Strict${secure}`;
  };
  if (data.value) {
    setCookie(data.value, data.seconds);
    setTriggerValue("stored", true);
  } else if (!removed) {
    // Remove the cookie only once per page load: a second removal could delete the cookie of the next redirect.
    removed = true;
    setCookie("", 0);
  }
}
