// Asks the server to set or remove the sign-in cookie, because scripts cannot access it (HttpOnly).
let sentTicket;

export default function ({ data: [data] }) {
  if (data.ticket === sentTicket) return;
  sentTicket = data.ticket;
  fetch("cookie", {
    method: "POST",
    headers: { [data.header]: data.ticket },
    keepalive: true,
  }).catch(() => {
    sentTicket = undefined; // So that the next run of the page tries again.
  });
}
