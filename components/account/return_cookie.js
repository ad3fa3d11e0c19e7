// Stores the page to return to in a cookie before a trip to the OIDC provider, and removes it afterwards.
let removed = false;

export default function ({ data, setTriggerValue }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const setCookie = (value, seconds) => {
    // biome-ignore lint/suspicious/noDocumentCookie: CookieStore needs HTTPS, which a local network may lack.
    document.cookie = `${data.name}=${value}; Path=/; Max-Age=${seconds}; SameSite=Strict${secure}`;
  };
  if (data.value) {
    setCookie(data.value, data.seconds);
    setTriggerValue("stored", true);
  } else if (!removed) {
    // Only once per page load: the user may leave again.
    removed = true;
    setCookie("", 0);
  }
}
