// Asks the server to set or remove the sign-in cookie, which no script can read (HttpOnly).
let sentTicket;

export default function ({ data }) {
  if (data.ticket === sentTicket) return;
  sentTicket = data.ticket;
  fetch("cookie", {
    method: "POST",
    headers: { [data.header]: data.ticket },
    keepalive: true,
  }).catch(() => {
    sentTicket = undefined; // The next run of the page tries again.
  });
}
