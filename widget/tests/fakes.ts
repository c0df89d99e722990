// Test room: browser parts that Node lacks, real in behaviour: a storage area shared by tabs, and tabs to share it.
import { Api, type Fetch } from "../src/api";
import { Conversation, type Snapshot } from "../src/conversation";
import type { DeliveryTiming, Pace } from "../src/delivery";
import { Outbox } from "../src/outbox";
import type { Message } from "../src/protocol";
import { concernsOutbox, concernsSession, SessionStore } from "../src/kept";
import { type KeyValue, Storage } from "../src/storage";

/** A Web Storage area. Each tab has a view of it and hears of what the others change, as the standard says. */
export class Area {
  readonly data = new Map<string, string>();
  readonly #views: { hear: (key: string | null) => void }[] = [];

  view(hear: (key: string | null) => void = () => undefined): KeyValue {
    const { data } = this;
    const listener = { hear };
    this.#views.push(listener);
    const tell = (key: string): void => {
      for (const other of this.#views) if (other !== listener) queueMicrotask(() => other.hear(key));
    };
    return {
      getItem: (key) => data.get(key) ?? null,
      setItem: (key, value) => {
        if (data.get(key) === value) return;
        data.set(key, value);
        tell(key);
      },
      removeItem: (key) => {
        if (data.delete(key)) tell(key);
      },
      key: (index) => [...data.keys()][index] ?? null,
      get length() {
        return data.size;
      },
    };
  }
}

/** The real rhythm, a hundred times faster. */
export const FAST: DeliveryTiming = {
  silence: 600,
  opening: 400,
  wait: 1,
  pollLive: 30,
  pollIdle: 100,
  streamTries: 3,
  streamPause: 400,
  backoff: { first: 10, longest: 120 },
};

export interface Tab {
  readonly conversation: Conversation;
  readonly area: Area;
  snapshot: () => Snapshot;
  /** Everything on screen, in order: what is stored, then what is on its way. */
  texts: () => string[];
  /** What a kill of the tab leaves: nothing of it runs any more. */
  kill: () => void;
  pace: Pace;
}

/** One task at a time, as the Web Locks API gives it to the tabs of a site. */
export function makeLock(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const run = last.then(task);
    last = run.catch(() => undefined);
    return run;
  };
}

let ids = 0;

export function openTab(
  url: string,
  area: Area,
  options: { fetch?: Fetch; lock?: <T>(task: () => Promise<T>) => Promise<T>; timing?: Partial<DeliveryTiming>; consent?: string } = {},
): Tab {
  let alive = true;
  const storage = new Storage(
    area.view((key) => {
      if (!alive) return;
      if (concernsSession(key)) conversation.sessionChangedElsewhere();
      if (concernsOutbox(key)) conversation.outboxChangedElsewhere();
    }),
  );
  const real: Fetch = options.fetch ?? ((input, init) => fetch(input, init));
  const tab = { pace: "live" as Pace };
  const conversation: Conversation = new Conversation({
    // A killed tab cannot call anybody.
    api: new Api(url, (input, init) => (alive ? real(input, init) : new Promise(() => undefined)), 2_000),
    sessions: new SessionStore(storage, url),
    outbox: new Outbox(storage),
    timing: { ...FAST, ...options.timing },
    surroundings: {
      now: Date.now,
      random: Math.random,
      newId: () => `client-${(ids += 1)}`,
      lock: options.lock ?? ((task) => task()),
      pace: () => tab.pace,
    },
    consent: () => options.consent ?? null,
    explain: (error) => error.detail ?? `refused with ${error.status}`,
    onChange: () => undefined,
  });
  return Object.assign(tab, {
    conversation,
    area,
    snapshot: () => conversation.snapshot,
    texts: () => [...conversation.snapshot.messages, ...conversation.snapshot.pending].map((entry) => entry.text),
    kill: () => {
      alive = false;
      conversation.suspend();
    },
  });
}

export function message(part: Partial<Message> & { seq: number }): Message {
  return {
    id: `m${part.seq}`,
    at: "2026-11-22T10:00:00Z",
    from: "bot",
    name: null,
    text: `text ${part.seq}`,
    act: null,
    client_id: null,
    in_reply_to: null,
    helpful: null,
    picture: null,
    ...part,
  };
}
