// Has the server set or remove the cookie of the sign-in, which no script can read.
let done;

export default function ({ data }) {
  if (data.ticket === done) return;
  done = data.ticket;
  fetch("cookie", {
    method: "POST",
    headers: { [data.header]: data.ticket },
    keepalive: true,
  }).catch(() => {
    done = undefined; // The next run of the page tries again.
  });
}
