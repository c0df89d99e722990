// Storage room: what the widget keeps on the visitor's device, under keys that no host site uses.
// Which keys there are says kept.ts. Imports nothing; must not touch the network.

export const PREFIX = "chha-frontdesk:";

/** The part of the Web Storage interface that is used. */
export interface KeyValue {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
  key(index: number): string | null;
  readonly length: number;
}

/**
 * A namespaced view of a Web Storage area that never throws.
 * Where storage is blocked or full, values live in memory: the chat still works, it only forgets on reload.
 */
export class Storage {
  readonly #area: KeyValue | null;
  readonly #memory = new Map<string, string>();

  constructor(area: KeyValue | null) {
    this.#area = area;
  }

  get(key: string): string | null {
    const kept = this.#memory.get(key);
    if (kept !== undefined) return kept;
    try {
      return this.#area?.getItem(PREFIX + key) ?? null;
    } catch {
      return null;
    }
  }

  set(key: string, value: string): void {
    try {
      if (this.#area === null) throw new Error("no storage");
      this.#area.setItem(PREFIX + key, value);
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, value);
    }
  }

  remove(key: string): void {
    this.#memory.delete(key);
    try {
      this.#area?.removeItem(PREFIX + key);
    } catch {
      // Nothing was stored where nothing can be removed.
    }
  }

  /** The keys (without namespace) that begin with `start`, in no particular order. */
  keys(start = ""): string[] {
    const found = new Set<string>();
    for (const key of this.#memory.keys()) if (key.startsWith(start)) found.add(key);
    try {
      const area = this.#area;
      for (let index = 0; area !== null && index < area.length; index += 1) {
        const key = area.key(index);
        if (key?.startsWith(PREFIX + start)) found.add(key.slice(PREFIX.length));
      }
    } catch {
      // Blocked storage has no keys.
    }
    return [...found];
  }
}

/** Opens a storage area by name; null where the browser refuses (private modes, sandboxed frames). */
export function openArea(name: "localStorage" | "sessionStorage"): KeyValue | null {
  try {
    return window[name];
  } catch {
    return null;
  }
}
