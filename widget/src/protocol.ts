// Protocol room: the shapes of the front desk's website API, read defensively from JSON.
// What may change here: the shapes, together with the server. Imports nothing; must not touch the DOM or the network.

export type Sender = "applicant" | "bot" | "staff" | "system";
export type Holder = "bot" | "queued" | "assigned" | "closed";

/** A dialogue act: its stable name and whatever payload that act carries (read by `acts.ts`). */
export type Act = Readonly<Record<string, unknown>> & { readonly act: string };

/** One stored message. `seq` orders a conversation; `at` is an ISO 8601 time. */
export interface Message {
  readonly id: string;
  readonly seq: number;
  readonly at: string;
  readonly from: Sender;
  readonly name: string | null;
  readonly text: string;
  readonly act: Act | null;
  readonly client_id: string | null;
  readonly in_reply_to: string | null;
  /** How the visitor rated it, or null. */
  readonly helpful: boolean | null;
  /** Path of the person's picture on the server, or null. */
  readonly picture: string | null;
}

/** Who holds the conversation, and whether the bot is in a turn right now. */
export interface ConversationState {
  readonly holder: Holder;
  readonly staff: { readonly name: string; readonly picture: string | null } | null;
  readonly working: boolean;
  /** The person who has the conversation is writing. */
  readonly typing: boolean;
}

/** A stretch of the thread: everything after the asked cursor, up to `cursor`. */
export interface Page {
  readonly messages: readonly Message[];
  readonly state: ConversationState | null;
  readonly cursor: number;
  /** The server's name for this state: a read that waits ends when it is no longer this one. */
  readonly tag: string | null;
}

export interface OfficeHours {
  readonly open: boolean;
  readonly next_open: string | null;
}

export interface ConsentNotice {
  readonly version: string;
  readonly text: string;
}

export interface FileRules {
  /** Bytes. */
  readonly max_size: number;
  /** For the `accept` attribute, or "". */
  readonly accept: string;
}

export interface WidgetConfig {
  readonly name: string;
  readonly greeting: string;
  readonly max_text: number;
  /** What visitors should know; nothing is asked for. */
  readonly notice: string | null;
  /** To be agreed to before the first message. */
  readonly consent: ConsentNotice | null;
  /** Null where files are not taken. */
  readonly files: FileRules | null;
  /** The thread can be sent by e-mail. */
  readonly mail: boolean;
  readonly hours: OfficeHours | null;
}

/** The visitor's identity: one conversation and the signed token that is bound to it. */
export interface Session {
  readonly conversation: string;
  readonly token: string;
}

/** A thread of a person whom the website vouches for. */
export interface PersonsThread extends Session {
  readonly updated_at: string;
  readonly began_with: string | null;
}

/** A button that was pressed: the bot message that offered it and the option's place in that offer. */
export interface Choice {
  readonly message: string;
  readonly option: number;
}

/** The server answered with something that is not the agreed shape. */
export class ShapeError extends Error {
  override name = "ShapeError";
}

export const MAX_TEXT = 4000;
export const INITIAL_STATE: ConversationState = { holder: "bot", staff: null, working: false, typing: false };

const SENDERS: readonly string[] = ["applicant", "bot", "staff", "system"];
const HOLDERS: readonly string[] = ["bot", "queued", "assigned", "closed"];

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A non-empty string, or null. Numbers are accepted as ids because some databases hand them out. */
export function textOrNull(value: unknown): string | null {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}

function requiredText(record: Record<string, unknown>, key: string): string {
  const value = textOrNull(record[key]);
  if (value === null) throw new ShapeError(`"${key}" is missing`);
  return value;
}

function sequence(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new ShapeError("no usable seq");
  return value;
}

/** Reads one message. @throws ShapeError when id, seq or text cannot be used. */
export function readMessage(value: unknown): Message {
  if (!isRecord(value)) throw new ShapeError("no message");
  const from = textOrNull(value.from) ?? "system";
  const act = value.act;
  return {
    id: requiredText(value, "id"),
    seq: sequence(value.seq),
    at: textOrNull(value.at) ?? "",
    // A sender that this version does not know is shown as a neutral note rather than dropped.
    from: (SENDERS.includes(from) ? from : "system") as Sender,
    name: textOrNull(value.name),
    text: typeof value.text === "string" ? value.text : "",
    act: isRecord(act) && typeof act.act === "string" ? (act as Act) : null,
    client_id: textOrNull(value.client_id),
    in_reply_to: textOrNull(value.in_reply_to),
    helpful: typeof value.helpful === "boolean" ? value.helpful : null,
    picture: ownPath(value.picture),
  };
}

/** Reads who holds the conversation; null when the value says nothing usable. */
export function readState(value: unknown): ConversationState | null {
  if (!isRecord(value)) return null;
  const holder = textOrNull(value.holder);
  if (holder === null || !HOLDERS.includes(holder)) return null;
  const staff = value.staff;
  const name = isRecord(staff) ? textOrNull(staff.name) : null;
  return {
    holder: holder as Holder,
    staff: name === null ? null : { name, picture: isRecord(staff) ? ownPath(staff.picture) : null },
    working: value.working === true,
    typing: value.typing === true,
  };
}

/** A path on the front desk itself; anything else could tell a third party who looks at it. */
function ownPath(value: unknown): string | null {
  const path = textOrNull(value);
  return path !== null && /^\/api\/[\w/-]+$/.test(path) ? path : null;
}

/** Reads a stretch of the thread; messages that cannot be read are left out and counted in the console. */
export function readPage(value: unknown, after: number): Page {
  if (!isRecord(value) || !Array.isArray(value.messages)) throw new ShapeError("no messages");
  const messages: Message[] = [];
  for (const entry of value.messages as unknown[]) {
    try {
      messages.push(readMessage(entry));
    } catch (error) {
      console.warn("CHHA front desk: left out an unreadable message", error);
    }
  }
  const highest = messages.reduce((highest, message) => Math.max(highest, message.seq), after);
  const cursor = value.cursor;
  return {
    messages,
    state: readState(value.state),
    cursor: typeof cursor === "number" && Number.isSafeInteger(cursor) ? Math.max(cursor, after) : highest,
    tag: textOrNull(value.state_tag),
  };
}

/** Reads the identity given out with a new conversation. @throws ShapeError */
export function readSession(value: unknown): Session {
  if (!isRecord(value)) throw new ShapeError("no conversation");
  return { conversation: requiredText(value, "conversation"), token: requiredText(value, "token") };
}

/** Reads the threads of a person; those that cannot be read are left out. */
export function readPersonsThreads(value: unknown): PersonsThread[] {
  if (!isRecord(value) || !Array.isArray(value.threads)) throw new ShapeError("no threads");
  const found: PersonsThread[] = [];
  for (const entry of value.threads as unknown[]) {
    if (!isRecord(entry)) continue;
    const conversation = textOrNull(entry.conversation);
    const token = textOrNull(entry.token);
    if (conversation === null || token === null) continue;
    found.push({ conversation, token, updated_at: textOrNull(entry.updated_at) ?? "", began_with: textOrNull(entry.began_with) });
  }
  return found;
}

/** Reads the frame's settings; every missing part has a plain default so that the widget always opens. */
export function readConfig(value: unknown): WidgetConfig {
  const record = isRecord(value) ? value : {};
  const limit = record.max_text;
  const hours = record.hours;
  const consent = record.consent_notice;
  const files = record.files;
  return {
    name: textOrNull(record.name) ?? "CHHA",
    greeting: textOrNull(record.greeting) ?? "",
    max_text: typeof limit === "number" && Number.isSafeInteger(limit) && limit > 0 ? limit : MAX_TEXT,
    notice: textOrNull(record.notice),
    consent:
      isRecord(consent) && typeof consent.version === "string" && typeof consent.text === "string"
        ? { version: consent.version, text: consent.text }
        : null,
    files:
      isRecord(files) && typeof files.max_size === "number" && files.max_size > 0
        ? { max_size: files.max_size, accept: textOrNull(files.accept) ?? "" }
        : null,
    mail: record.mail === true,
    hours:
      isRecord(hours) && typeof hours.open === "boolean"
        ? { open: hours.open, next_open: textOrNull(hours.next_open) }
        : null,
  };
}
