// Commands of one list, such as "open" or "close", until the server has handled them.
// Each new command is sent together with all pending ones, so that fast typing loses no key press.
let lastNumber = 0;

export class CommandQueue {
  #pending = [];
  #session;
  #openIssue;
  #send;

  // Take over the server's state, and drop the commands that the server has handled.
  sync({ session, last_handled, open_issue }, send) {
    const restarted = this.#session && this.#session !== session && this.#pending.length > 0;
    this.#session = session;
    this.#openIssue = open_issue ?? "";
    this.#send = send;
    if (!restarted) {
      this.#pending = this.#pending.filter(({ number }) => number > last_handled);
      return;
    }
    // A restarted server has lost the pending commands.
    for (const pending of this.#pending) pending.session = session;
    send(this.#pending);
  }

  // `command` is the name of the command. `issue` is the id of the issue that is open before the command.
  // If the command opens or closes an issue, `rest` contains `after`: the id of the issue that is open
  // after the command, "" if none is, and undefined if only the server knows. It contains `leaves` if the
  // command removes the issue from the list.
  add({ command, issue, ...rest }) {
    lastNumber += 1;
    this.#pending.push({ number: lastNumber, session: this.#session, command, issue, ...rest });
    this.#send(this.#pending);
  }

  get isEmpty() {
    return this.#pending.length === 0;
  }

  // Ids of the issues that are no longer in the list once all pending commands are handled.
  get leavingIssues() {
    return new Set(this.#pending.filter(({ leaves }) => leaves).map(({ issue }) => issue));
  }

  // Id of the issue that is open once all pending commands are handled: "" if none is, and undefined if
  // only the server knows.
  get openIssue() {
    const last = this.#pending.findLast((pending) => "after" in pending);
    return last ? last.after : this.#openIssue;
  }
}
