// Outbox room: messages on their way to the server. They survive reloads, and every tab sees the same ones.
// Each message has a storage key of its own: two tabs may add and remove at once without losing an entry.

import { type Choice, isRecord, textOrNull } from "./protocol";
import { OUTBOX } from "./kept";
import { type Storage } from "./storage";

export interface Outgoing {
  readonly client_id: string;
  /** Place in the line: milliseconds since 1970 when it was written, made unique within a tab. */
  readonly order: number;
  /** What the visitor sees as their own words; for a pressed button its label. */
  readonly text: string;
  readonly choice: Choice | null;
  /** A message left for the team, and where an answer may also be sent. */
  readonly for_the_team: { readonly email: string | null } | null;
  /** How often it was tried in vain. */
  readonly attempts: number;
  /** Not to be sent before this time (milliseconds since 1970): the server asked for a pause. */
  readonly not_before: number;
  /** Why the server refused it for good, in plain words; null while there is hope. */
  readonly failure: string | null;
}

export class Outbox {
  readonly #storage: Storage;
  readonly #now: () => number;
  #lastOrder = 0;
  /** What was read last under each key: a long line is looked at for each message that leaves it. */
  #read = new Map<string, { raw: string; item: Outgoing }>();

  constructor(storage: Storage, now: () => number = Date.now) {
    this.#storage = storage;
    this.#now = now;
  }

  add(client_id: string, text: string, choice: Choice | null, for_the_team: Outgoing["for_the_team"] = null): Outgoing {
    const item: Outgoing = { client_id, order: this.#order(), text, choice, for_the_team, attempts: 0, not_before: 0, failure: null };
    this.#write(item);
    return item;
  }

  /** Everything still here, in the order in which it was written. */
  list(): Outgoing[] {
    const read = new Map<string, { raw: string; item: Outgoing }>();
    for (const key of this.#storage.keys(OUTBOX)) {
      const raw = this.#storage.get(key);
      if (raw === null) continue;
      const before = this.#read.get(key);
      const item = before?.raw === raw ? before.item : readOutgoing(raw);
      if (item !== null) read.set(key, { raw, item });
    }
    this.#read = read;
    return [...read.values()].map(({ item }) => item).sort((a, b) => a.order - b.order || (a.client_id < b.client_id ? -1 : 1));
  }

  /** The one to send now: the oldest that was not refused. */
  next(): Outgoing | null {
    return this.list().find((item) => item.failure === null) ?? null;
  }

  has(client_id: string): boolean {
    return this.#storage.get(OUTBOX + client_id) !== null;
  }

  /** Changes an entry that is still here; one that another tab has sent meanwhile is not brought back. */
  update(client_id: string, change: Partial<Omit<Outgoing, "client_id">>): void {
    const item = readOutgoing(this.#storage.get(OUTBOX + client_id));
    if (item !== null) this.#write({ ...item, ...change });
  }

  /** Puts a refused message at the end of the line. It keeps its id, so it can never arrive twice. */
  retry(client_id: string): void {
    this.update(client_id, { failure: null, attempts: 0, not_before: 0, order: this.#order() });
  }

  remove(client_id: string): void {
    this.#storage.remove(OUTBOX + client_id);
  }

  clear(): void {
    for (const key of this.#storage.keys(OUTBOX)) this.#storage.remove(key);
  }

  /** Pressed buttons belong to a message of one conversation: in a new one only their words make sense. */
  turnChoicesIntoText(): void {
    for (const item of this.list()) if (item.choice !== null) this.update(item.client_id, { choice: null });
  }

  #order(): number {
    this.#lastOrder = Math.max(this.#now(), this.#lastOrder + 0.001);
    return this.#lastOrder;
  }

  #write(item: Outgoing): void {
    this.#storage.set(OUTBOX + item.client_id, JSON.stringify(item));
  }
}

function readOutgoing(raw: string | null): Outgoing | null {
  if (raw === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  const client_id = textOrNull(value.client_id);
  const text = textOrNull(value.text);
  if (client_id === null || text === null) return null;
  return {
    client_id,
    order: finite(value.order),
    text,
    choice: readChoice(value.choice),
    for_the_team: isRecord(value.for_the_team) ? { email: textOrNull(value.for_the_team.email) } : null,
    attempts: finite(value.attempts),
    not_before: finite(value.not_before),
    failure: textOrNull(value.failure),
  };
}

function readChoice(value: unknown): Choice | null {
  if (!isRecord(value)) return null;
  const message = textOrNull(value.message);
  const option = value.option;
  return message !== null && typeof option === "number" ? { message, option } : null;
}

function finite(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
