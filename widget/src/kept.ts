// Kept room: the keys under which something is kept on the visitor's device, each listed in README.md, and the visitor's
// identity. Imports only storage and the protocol's shapes; must not touch the network.

import { isRecord, type Session, textOrNull } from "./protocol";
import { PREFIX, type Storage } from "./storage";

/** Removes everything that the widget keeps in this area. */
export function clearAll(storage: Storage): void {
  for (const key of storage.keys()) storage.remove(key);
}

const SESSION = "session";
const READ = "read";

/** The visitor's identity, kept apart by server so that a test site and a live one never share a token. */
export class SessionStore {
  readonly #storage: Storage;
  readonly #server: string;

  constructor(storage: Storage, server: string) {
    this.#storage = storage;
    this.#server = server;
  }

  load(): Session | null {
    const raw = this.#storage.get(SESSION);
    if (raw === null) return null;
    try {
      const value: unknown = JSON.parse(raw);
      if (!isRecord(value) || value.server !== this.#server) return null;
      const conversation = textOrNull(value.conversation);
      const token = textOrNull(value.token);
      return conversation === null || token === null ? null : { conversation, token };
    } catch {
      return null;
    }
  }

  save(session: Session): void {
    this.#write(session);
    this.#storage.remove(READ);
  }

  /** Keeps a renewed token of the same conversation. */
  renew(session: Session): void {
    if (this.load()?.conversation === session.conversation) this.#write(session);
  }

  /** Forgets the identity, but only if it is still the given one: another tab may have made a new one. */
  forget(token: string): void {
    const stored = this.load();
    if (stored !== null && stored.token !== token) return;
    this.#storage.remove(SESSION);
    this.#storage.remove(READ);
  }

  #write(session: Session): void {
    this.#storage.set(SESSION, JSON.stringify({ ...session, server: this.#server }));
  }

  /** The seq up to which the visitor has seen the thread. */
  get read(): number {
    const value = Number(this.#storage.get(READ) ?? "0");
    return Number.isSafeInteger(value) && value > 0 ? value : 0;
  }

  set read(seq: number) {
    if (seq > this.read) this.#storage.set(READ, String(seq));
  }
}

/** True when a storage event's key is the identity's. A null key means that the site cleared everything. */
export function concernsSession(key: string | null): boolean {
  return key === null || key === PREFIX + SESSION;
}

export function concernsOutbox(key: string | null): boolean {
  return key === null || key.startsWith(PREFIX + OUTBOX);
}

export function concernsRead(key: string | null): boolean {
  return key === null || key === PREFIX + READ;
}

/** Key prefix of the outgoing queue: one key a message, so that two tabs never overwrite each other's. */
export const OUTBOX = "outbox:";

/** What the visitor chose for this device, and which consent notice they agreed to. */
export const CONSENT = "consent";
export const LANGUAGE = "language";
export const SOUND = "sound";
/** For the visit (sessionStorage): whether the panel is open, what stands in the field, whether a greeting was shown. */
export const OPEN = "open";
export const DRAFT = "draft";
export const GREETED = "greeted";
