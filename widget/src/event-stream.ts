// Event-stream room: a parser for `text/event-stream`, fed with text as it arrives from fetch.
// Follows the HTML standard, section "Interpreting an event stream". Imports nothing.

export interface StreamEvent {
  readonly event: string;
  readonly data: string;
  /** The last id seen on the stream, "" before the first. */
  readonly id: string;
}

/** Feed it decoded text in any pieces; it hands out whole events. One parser a connection. */
export class EventStreamParser {
  #rest = "";
  #skipLineFeed = false;
  #started = false;
  #event = "";
  #data: string[] = [];
  #id = "";
  #retry: number | null = null;

  /** Reconnection time in milliseconds that the server asked for, or null. */
  get retry(): number | null {
    return this.#retry;
  }

  /** Takes the next piece of the stream and returns the events that it completed, in order. */
  push(piece: string): StreamEvent[] {
    if (piece === "") return [];
    let text = piece;
    if (!this.#started) {
      this.#started = true;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    // CRLF may be cut in two by the network: a line feed that follows a carriage return belongs to it.
    if (this.#skipLineFeed && text !== "") {
      this.#skipLineFeed = false;
      if (text.startsWith("\n")) text = text.slice(1);
    }
    const events: StreamEvent[] = [];
    let buffer = this.#rest + text;
    // The held-back part has no line end in it, so the search may start behind it.
    let from = this.#rest.length;
    let start = 0;
    for (;;) {
      const end = endOfLine(buffer, from);
      if (end < 0) break;
      this.#line(buffer.slice(start, end), events);
      let next = end + 1;
      if (buffer.charCodeAt(end) === 13) {
        if (next < buffer.length) {
          if (buffer.charCodeAt(next) === 10) next += 1;
        } else {
          this.#skipLineFeed = true;
        }
      }
      start = next;
      from = next;
    }
    buffer = buffer.slice(start);
    this.#rest = buffer;
    return events;
  }

  #line(line: string, events: StreamEvent[]): void {
    if (line === "") {
      if (this.#data.length > 0) {
        events.push({ event: this.#event === "" ? "message" : this.#event, data: this.#data.join("\n"), id: this.#id });
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
      case "id":
        if (!value.includes("\0")) this.#id = value;
        break;
      case "retry":
        if (/^\d{1,9}$/.test(value)) this.#retry = Number(value);
        break;
    }
  }
}

function endOfLine(text: string, from: number): number {
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 10 || code === 13) return index;
  }
  return -1;
}
