// Keep the return target in a cookie while the person signs in elsewhere, and remove it once they are back.
let removed = false;

export default function ({ data, setTriggerValue }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const setCookie = (value, seconds) => {
    // biome-ignore lint/suspicious/noDocumentCookie: CookieStore needs HTTPS, which a local network may lack.
    document.cookie = `${data.name}=${value}; Path=/; Max-Age=${seconds}; SameSite=Strict${secure}`;
  };
  if (data.value) {
    setCookie(data.value, data.seconds);
    setTriggerValue("noted", true);
  } else if (!removed) {
    // Once for each page load: the person may leave again.
    removed = true;
    setCookie("", 0);
  }
}
