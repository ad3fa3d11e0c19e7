// Requests of one list, such as "open this issue" or "close it", until the server has handled them.
// Every new request sends all pending ones again, so that no key press is lost when you type fast.
let lastNumber = 0;

export class RequestQueue {
  #pending = [];
  #session;
  #selected;
  #send;

  // Take over the server's state, and drop the requests that it has handled.
  sync({ session, done, selected }, send) {
    const restarted = this.#session && this.#session !== session && this.#pending.length > 0;
    this.#session = session;
    this.#selected = selected ?? "";
    this.#send = send;
    if (!restarted) {
      this.#pending = this.#pending.filter((request) => request.number > done);
      return;
    }
    // A restarted server has lost the pending requests.
    for (const request of this.#pending) request.session = session;
    send(this.#pending);
  }

  // `issue` is the issue that is open now. `after` is the issue that is open afterwards: an id, "" for
  // none, undefined if only the server can know; leave it out if the request opens nothing.
  add(request) {
    lastNumber += 1;
    this.#pending.push({ number: lastNumber, session: this.#session, ...request });
    this.#send(this.#pending);
  }

  get isEmpty() {
    return this.#pending.length === 0;
  }

  // Id of the open issue once all pending requests are handled: "" for none, undefined if unknown.
  get openIssue() {
    const last = this.#pending.findLast((request) => "after" in request);
    return last ? last.after : this.#selected;
  }
}
