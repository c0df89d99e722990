// Timeline room: turns the thread and what is still on its way into rows to draw. Pure; must not touch the DOM.

import type { Pending, PendingState, Snapshot } from "./conversation";
import type { Message, Sender } from "./protocol";

export interface DayRow {
  readonly kind: "day";
  readonly key: string;
  readonly at: Date;
}

export interface MessageRow {
  readonly kind: "message";
  /** The same before and after the server took it, so that its place on the page stays the same element. */
  readonly key: string;
  readonly from: Sender;
  readonly text: string;
  readonly at: Date | null;
  /** Null while the server has not taken it. */
  readonly message: Message | null;
  readonly clientId: string | null;
  readonly state: PendingState | "sent";
  readonly failure: string | null;
  /** Begins and ends a group of messages of one sender. */
  readonly first: boolean;
  readonly last: boolean;
  /** The visitor's newest words. */
  readonly newest: boolean;
  /** Its buttons may be pressed: the bot's newest word, and nobody has answered it. */
  readonly active: boolean;
}

export type Row = DayRow | MessageRow;

/** Messages of one sender further apart than this begin a new group. */
const GROUP = 5 * 60_000;

interface Entry extends Omit<MessageRow, "first" | "last" | "newest" | "active"> {
  /** The visitor's calendar day on which it was written; "" where that is not known. */
  readonly day: string;
}

/** What is on record does not change: a thread of thousands is not read anew for each drawing. */
const known = new WeakMap<Message, Entry>();

/** The rows from oldest to newest: every message once, days between them. */
export function timeline(snapshot: Pick<Snapshot, "messages" | "pending">): Row[] {
  const entries = [...snapshot.messages.map(stored), ...snapshot.pending.map(onItsWay)];
  const active = activeKey(entries);
  const newest = entries.findLast((entry) => entry.from === "applicant");
  const rows: Row[] = [];
  let day = "";
  let first = true;
  entries.forEach((entry, index) => {
    if (entry.at !== null && entry.day !== day) {
      ({ day } = entry);
      rows.push({ kind: "day", key: `day ${day}`, at: entry.at });
    }
    const last = !together(entry, entries[index + 1]);
    rows.push({ ...entry, first, last, newest: entry === newest, active: entry.key === active });
    first = last;
  });
  return rows;
}

function stored(message: Message): Entry {
  const entry = known.get(message) ?? onRecord(message);
  known.set(message, entry);
  return entry;
}

function onRecord(message: Message): Entry {
  const own = message.from === "applicant" && message.client_id !== null;
  const time = Date.parse(message.at);
  const at = Number.isNaN(time) ? null : new Date(time);
  return {
    kind: "message",
    key: own ? `own ${message.client_id}` : `id ${message.id}`,
    from: message.from,
    text: message.text,
    at,
    day: at?.toDateString() ?? "",
    message,
    clientId: message.client_id,
    state: "sent",
    failure: null,
  };
}

function onItsWay(pending: Pending): Entry {
  const at = new Date(pending.at);
  return {
    kind: "message",
    key: `own ${pending.client_id}`,
    from: "applicant",
    text: pending.text,
    at,
    day: at.toDateString(),
    message: null,
    clientId: pending.client_id,
    state: pending.state,
    failure: pending.failure,
  };
}

function activeKey(entries: readonly Entry[]): string | null {
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index];
    if (entry === undefined) break;
    if (entry.from === "bot") return entry.key;
    // A message that the server refused is no answer, and a note of the system is nobody's word.
    if (entry.from !== "system" && entry.state !== "failed") return null;
  }
  return null;
}

function together(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.from !== b.from || a.message?.name !== b.message?.name || a.state === "failed" || b.state === "failed") return false;
  if (a.at === null || b.at === null) return true;
  return a.day === b.day && Math.abs(b.at.getTime() - a.at.getTime()) < GROUP;
}
