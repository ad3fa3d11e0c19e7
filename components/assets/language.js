// Keep the chosen language in a cookie. The server reads it when a page opens.
export default function ({ data }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${data.cookie}=${data.language}; Path=/; Max-Age=${data.seconds}; SameSite=Strict${secure}`;
}
