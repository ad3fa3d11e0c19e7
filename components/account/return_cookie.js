// Notes in a cookie what a person leaves for, and removes the note once they are back.
let removed = false;

export default function ({ data, setTriggerValue }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const keep = (value, seconds) => {
    // biome-ignore lint/suspicious/noDocumentCookie: CookieStore needs HTTPS, which a local network may lack.
    document.cookie = `${data.name}=${value}; Path=/; Max-Age=${seconds}; SameSite=Strict${secure}`;
  };
  if (data.value) {
    keep(data.value, data.seconds);
    setTriggerValue("noted", true);
  } else if (!removed) {
    // Once in a page: the person may leave again.
    removed = true;
    keep("", 0);
  }
}
