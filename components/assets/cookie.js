// Keeps the sign-in in a cookie of this browser, or removes it. The server reads it when a page opens.
export default function ({ data }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const age = data.value ? data.seconds : 0;
  document.cookie = `${data.name}=${data.value}; Path=/; Max-Age=${age}; SameSite=Strict${secure}`;
}
