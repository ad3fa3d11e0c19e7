// Store the person's preferences in a cookie.
import { storeCookie } from "./cookie.js";

export default function ({ data: [data] }) {
  storeCookie(data.cookie, data.value, data.seconds);
}
