// Thread room: the messages of one conversation, each once and in the order of the record.
// Pure data; must not touch the DOM, the network or storage.

import type { Message } from "./protocol";

export class Thread {
  #messages: Message[] = [];
  readonly #ids = new Set<string>();
  readonly #seqs = new Set<number>();
  readonly #clientIds = new Set<string>();
  #cursor = 0;

  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** Everything up to this seq has been received: where to go on after a break. */
  get cursor(): number {
    return this.#cursor;
  }

  get last(): Message | null {
    return this.#messages.at(-1) ?? null;
  }

  /** Takes a message from any source. Returns false when it was already here, by id, seq or client id. */
  add(message: Message): boolean {
    if (this.#ids.has(message.id) || this.#seqs.has(message.seq)) return false;
    if (message.client_id !== null && message.from === "applicant" && this.#clientIds.has(message.client_id)) return false;
    this.#ids.add(message.id);
    this.#seqs.add(message.seq);
    if (message.client_id !== null && message.from === "applicant") this.#clientIds.add(message.client_id);
    let place = this.#messages.length;
    while (place > 0 && (this.#messages[place - 1]?.seq ?? 0) > message.seq) place -= 1;
    // A fresh array each time: views may keep the one they were given.
    this.#messages = [...this.#messages.slice(0, place), message, ...this.#messages.slice(place)];
    return true;
  }

  /** Keeps how the visitor rated a message. Returns the rating before. */
  rate(id: string, helpful: boolean | null): boolean | null {
    const before = this.#messages.find((message) => message.id === id)?.helpful ?? null;
    this.#messages = this.#messages.map((message) => (message.id === id ? { ...message, helpful } : message));
    return before;
  }

  /** True when a message written here under this client id is already on record. */
  holds(clientId: string): boolean {
    return this.#clientIds.has(clientId);
  }

  /**
   * Moves the cursor. Only ordered sources (a page, or the very next message of the stream) may do so: a message that
   * came back from a POST says nothing about what lies before it.
   */
  confirm(seq: number): void {
    this.#cursor = Math.max(this.#cursor, seq);
  }

  clear(): void {
    this.#messages = [];
    this.#ids.clear();
    this.#seqs.clear();
    this.#clientIds.clear();
    this.#cursor = 0;
  }
}
