// Event-stream room: a parser for `text/event-stream`, fed with text as it arrives from fetch.
// Follows the HTML standard, section "Interpreting an event stream", without ids: the cursor is the message's own number.
// Imports nothing.

export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** Feed it text in any pieces, as TextDecoder gives it (without a byte order mark); it hands out whole events. One parser a connection. */
export class EventStreamParser {
  #rest = "";
  #skipLineFeed = false;
  #event = "";
  #data: string[] = [];
  #retry: number | null = null;

  /** Reconnection time in milliseconds that the server asked for, or null. */
  get retry(): number | null {
    return this.#retry;
  }

  /** Takes the next piece of the stream and returns the events that it completed, in order. */
  push(piece: string): StreamEvent[] {
    if (piece === "") return [];
    // CRLF may be cut in two by the network: a line feed that follows a carriage return belongs to it.
    const text = this.#skipLineFeed && piece.startsWith("\n") ? piece.slice(1) : piece;
    this.#skipLineFeed = piece.endsWith("\r");
    const events: StreamEvent[] = [];
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line, events);
    return events;
  }

  #line(line: string, events: StreamEvent[]): void {
    if (line === "") {
      if (this.#data.length > 0) {
        events.push({ event: this.#event === "" ? "message" : this.#event, data: this.#data.join("\n") });
      }
      this.#event = "";
      this.#data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment: the server's ping
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    switch (field) {
      case "event":
        this.#event = value;
        break;
      case "data":
        this.#data.push(value);
        break;
      case "retry":
        if (/^\d{1,9}$/.test(value)) this.#retry = Number(value);
        break;
    }
  }
}
