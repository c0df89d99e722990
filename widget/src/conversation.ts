// Conversation room: one visitor's conversation as a whole. It joins identity, outbox, delivery and thread, and tells
// its listener when anything to be shown has changed. No DOM here: browsers' parts come in through `Surroundings`.

import { type Api, type ApiError, asApiError } from "./api";
import { backoff } from "./backoff";
import { type Connection, Delivery, type DeliveryTiming, type Pace } from "./delivery";
import type { Outbox, Outgoing } from "./outbox";
import { type Choice, type ConversationState, INITIAL_STATE, type Message, type PersonsThread, type Session } from "./protocol";
import type { SessionStore } from "./kept";
import { Thread } from "./thread";

/** `sending` under way, `waiting` for another try, `failed` refused by the server. */
export type PendingState = "sending" | "waiting" | "failed";

export interface Pending {
  readonly client_id: string;
  readonly text: string;
  readonly at: string;
  readonly state: PendingState;
  readonly failure: string | null;
}

/** Everything that there is to draw. */
export interface Snapshot {
  readonly messages: readonly Message[];
  readonly pending: readonly Pending[];
  readonly state: ConversationState;
  readonly connection: Connection | "none";
  /** The history has been fetched, or there is none. */
  readonly loaded: boolean;
  /** The earlier conversation could not be continued and this is a new one. */
  readonly renewed: boolean;
  /** Messages from the bot or the team that the visitor has not had on screen. */
  readonly unread: number;
  /** The server asks for consent before it takes the first message. */
  readonly consentMissing: boolean;
  /** A proof of work is being made. */
  readonly proving: boolean;
  /** Threads of the person whom the site vouches for, this one included. */
  readonly threads: readonly PersonsThread[];
  /** Id of the conversation, or null before there is one. */
  readonly conversation: string | null;
  /** When the server allows the next message (milliseconds since 1970), or null. */
  readonly pausedUntil: number | null;
}

/** What the browser provides; tests bring their own. */
export interface Surroundings {
  readonly now: () => number;
  readonly random: () => number;
  readonly newId: () => string;
  /** Runs the task while no other tab of this site runs one under the same lock, where the browser can do that. */
  readonly lock: <T>(task: () => Promise<T>) => Promise<T>;
  readonly pace: () => Pace;
}

export interface ConversationOptions {
  readonly api: Api;
  readonly sessions: SessionStore;
  readonly outbox: Outbox;
  readonly timing: DeliveryTiming;
  readonly surroundings: Surroundings;
  /** Turns a refusal into a sentence for the visitor. */
  readonly explain: (error: ApiError) => string;
  /** The version of the consent notice that was agreed to on this device, or null. */
  readonly consent: () => string | null;
  readonly onChange: () => void;
}

/** How long after a message was taken the record is looked at again while the stream stays silent. */
const NUDGES = [3_000, 8_000, 16_000];
/** How long a message that another tab handed over is still shown while its echo is on the way. */
const SETTLING = 15_000;

export class Conversation {
  readonly #options: ConversationOptions;
  readonly #thread = new Thread();
  #session: Session | null;
  #delivery: Delivery | null = null;
  #state: ConversationState = INITIAL_STATE;
  #connection: Connection | "none" = "none";
  #loaded: boolean;
  #renewed = false;
  #consentMissing = false;
  #proving = false;
  #identity: string | null = null;
  #threads: readonly PersonsThread[] = [];
  #flushing = false;
  #flushAgain = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #nudgeTimers = new Set<ReturnType<typeof setTimeout>>();
  /** A token that no call has accepted yet: if it is refused at once, the server is at fault and we slow down. */
  #unproven: string | null = null;
  #shown: Outgoing[] = [];
  readonly #settling = new Map<string, { item: Outgoing; until: number }>();

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#session = options.sessions.load();
    this.#loaded = this.#session === null;
    this.#shown = options.outbox.list();
    options.api.onRenewed = (session, token) => this.#renew({ ...session, token });
    options.api.onProving = (busy) => {
      this.#proving = busy;
      options.onChange();
    };
  }

  /** Takes up where the visitor left: fetches the thread, sends what is still waiting. */
  start(): void {
    if (this.#session !== null) this.#follow(this.#session);
    void this.flush();
  }

  get snapshot(): Snapshot {
    const { sessions, surroundings } = this.#options;
    const messages = this.#thread.messages;
    const read = sessions.read;
    const now = surroundings.now();
    const first = this.#shown.find((item) => item.failure === null);
    return {
      messages,
      pending: this.#pending(),
      state: this.#state,
      connection: this.#connection,
      loaded: this.#loaded,
      renewed: this.#renewed,
      unread: messages.filter((message) => message.seq > read && (message.from === "bot" || message.from === "staff")).length,
      consentMissing: this.#consentMissing,
      proving: this.#proving,
      threads: this.#threads,
      conversation: this.#session?.conversation ?? null,
      pausedUntil: first !== undefined && first.not_before > now ? first.not_before : null,
    };
  }

  get session(): Session | null {
    return this.#session;
  }

  /** Puts typed words into the line. Empty text is ignored. */
  send(text: string): void {
    const words = text.trim();
    if (words !== "") this.#enqueue(words, null);
  }

  /** Puts a pressed button into the line; its label stands for it until the server's message arrives. */
  choose(choice: Choice, label: string): void {
    this.#enqueue(label, choice);
  }

  /** Puts a message for the team into the line. @param email where an answer may also be sent */
  leave(text: string, email: string | null): void {
    const words = text.trim();
    if (words !== "") this.#enqueue(words, null, { email });
  }

  /** The visitor agreed to the notice: what waited for it goes out. */
  agreed(): void {
    this.#consentMissing = false;
    this.#options.onChange();
    void this.flush();
  }

  /** Keeps what the visitor thinks of an answer. Rejects, with the old rating shown again, when it was not taken. */
  async rate(messageId: string, helpful: boolean | null): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    const before = this.#thread.rate(messageId, helpful);
    this.#options.onChange();
    try {
      await this.#options.api.rate(session, messageId, helpful);
    } catch (error) {
      this.#thread.rate(messageId, before);
      this.#options.onChange();
      throw error;
    }
  }

  /**
   * The site says who its signed-in person is: this thread joins theirs, or without one the newest of theirs is shown.
   * A thread of another person is left. Null: nobody is signed in any more, and this device forgets the thread.
   */
  async identify(identity: string | null): Promise<void> {
    const known = this.#identity;
    this.#identity = identity;
    if (identity === null) {
      if (known !== null) this.restart();
      this.#threads = [];
      return;
    }
    const session = this.#options.sessions.load();
    let threads: readonly PersonsThread[];
    try {
      threads = await this.#options.api.identify(identity, session);
    } catch (thrown) {
      const error = asApiError(thrown);
      const lost = session !== null && (error.status === 409 || error.status === 404 || (error.status === 401 && error.kind !== "identity"));
      if (!lost) {
        console.warn(`CHHA front desk: the identity was not taken (${error.status}). ${error.detail ?? ""}`);
        if (!error.temporary) this.#identity = null;
        return;
      }
      this.restart();
      threads = await this.#options.api.identify(identity, null);
    }
    if (this.#identity !== identity) return;
    this.#threads = threads;
    const [newest] = threads;
    if (this.#options.sessions.load() === null && newest !== undefined) this.open(newest);
    else this.#options.onChange();
  }

  /** Goes on in another thread of the same person. */
  open(thread: Session): void {
    const session = { conversation: thread.conversation, token: thread.token };
    this.#options.outbox.turnChoicesIntoText();
    this.#options.sessions.save(session);
    this.#leave();
    this.#settling.clear();
    this.#renewed = false;
    this.#follow(session);
    this.#options.onChange();
  }

  /** The whole thread as a text file. @throws ApiError */
  async transcript(): Promise<Blob> {
    if (this.#session === null) throw asApiError(null);
    return this.#options.api.transcript(this.#session);
  }

  /** A file that a person sent. @throws ApiError */
  async file(id: string): Promise<Blob> {
    if (this.#session === null) throw asApiError(null);
    return this.#options.api.file(this.#session, id);
  }

  /** Sends the thread to an e-mail address. @throws ApiError */
  async mailTranscript(email: string): Promise<void> {
    if (this.#session === null) throw asApiError(null);
    await this.#options.api.mailTranscript(this.#session, email);
  }

  /** The identity, made now when there is none: a file may come before the first word. @throws ApiError */
  async identityForFile(): Promise<Session> {
    return this.#options.surroundings.lock(() => this.#identityNow());
  }

  /** Looks at the record at once, such as after a file was taken. */
  look(): void {
    void this.#delivery?.nudge();
  }

  /** Tries a message again that was refused, or at once one that waits. */
  retry(clientId: string): void {
    const { outbox } = this.#options;
    const item = outbox.list().find((entry) => entry.client_id === clientId);
    if ((item?.failure ?? null) !== null) outbox.retry(clientId);
    // Pressed by a person: that counts for more than the pause, which the server may ask for again.
    else outbox.update(clientId, { not_before: 0 });
    this.#outboxChanged();
    void this.flush();
  }

  /** Gives up a message that was refused. */
  discard(clientId: string): void {
    this.#options.outbox.remove(clientId);
    this.#outboxChanged();
  }

  /** The visitor has had everything up to here on screen. */
  markRead(): void {
    const last = this.#thread.last;
    if (last === null || last.seq <= this.#options.sessions.read) return;
    this.#options.sessions.read = last.seq;
    this.#options.onChange();
  }

  /** Forgets this conversation on this device, unsent messages included. The next message starts a new one. */
  restart(): void {
    this.#options.outbox.clear();
    const session = this.#options.sessions.load() ?? this.#session;
    if (session !== null) this.#options.sessions.forget(session.token);
    this.#leave();
    this.#shown = [];
    this.#settling.clear();
    this.#renewed = false;
    this.#options.onChange();
  }

  /** Back online, awake, visible or restored from the back/forward cache: look and send at once. */
  wake(): void {
    this.#delivery?.wake();
    void this.flush();
  }

  /** Lets go of the network when the page is put away. `wake` or `resume` takes it up again. */
  suspend(): void {
    this.#delivery?.stop();
    this.#delivery = null;
    clearTimeout(this.#retryTimer);
    for (const timer of this.#nudgeTimers) clearTimeout(timer);
    this.#nudgeTimers.clear();
  }

  resume(): void {
    if (this.#delivery === null && this.#session !== null) this.#follow(this.#session);
    void this.flush();
  }

  /** Another tab made, renewed or forgot the identity. */
  sessionChangedElsewhere(): void {
    const stored = this.#options.sessions.load();
    if (stored?.token === this.#session?.token) return;
    this.#adopt(stored);
    this.#options.onChange();
  }

  /** Another tab wrote or sent something. */
  outboxChangedElsewhere(): void {
    const here = new Set(this.#options.outbox.list().map((item) => item.client_id));
    const until = this.#options.surroundings.now() + SETTLING;
    for (const item of this.#shown) {
      // Sent by the other tab: its echo reaches us by our own stream, until then it must not blink.
      if (!here.has(item.client_id) && item.failure === null && !this.#thread.holds(item.client_id)) {
        this.#settling.set(item.client_id, { item, until });
      }
    }
    this.#outboxChanged();
    if (this.#settling.size > 0) void this.#delivery?.nudge();
    if (here.size > 0) void this.flush();
  }

  /** Sends what waits, oldest first, one after the other. Never two of them at once in this tab. */
  async flush(): Promise<void> {
    if (this.#flushing) {
      this.#flushAgain = true;
      return;
    }
    this.#flushing = true;
    clearTimeout(this.#retryTimer);
    try {
      while (await this.#options.surroundings.lock(() => this.#sendNext()));
    } finally {
      this.#flushing = false;
    }
    if (this.#flushAgain) {
      this.#flushAgain = false;
      await this.flush();
    }
  }

  #enqueue(text: string, choice: Choice | null, forTheTeam: Outgoing["for_the_team"] = null): void {
    this.#options.outbox.add(this.#options.surroundings.newId(), text, choice, forTheTeam);
    this.#outboxChanged();
    void this.flush();
  }

  /** One message. Returns true when the next may follow at once. */
  async #sendNext(): Promise<boolean> {
    const { api, outbox, surroundings } = this.#options;
    const item = outbox.next();
    if (item === null) return false;
    if (this.#thread.holds(item.client_id)) {
      outbox.remove(item.client_id);
      this.#outboxChanged();
      return true;
    }
    const pause = item.not_before - surroundings.now();
    if (pause > 0) {
      this.#later(pause);
      return false;
    }
    let session: Session | null = null;
    try {
      session = await this.#identityNow();
      // Given up by the visitor while the conversation was being made.
      if (!outbox.has(item.client_id)) return true;
      const message = await api.send(session, item);
      this.#unproven = null;
      if (this.#session?.conversation === session.conversation && this.#thread.add(message)) this.#expectReply();
      outbox.remove(item.client_id);
      this.#outboxChanged();
      return true;
    } catch (thrown) {
      return this.#couldNotSend(item, session, asApiError(thrown));
    }
  }

  #couldNotSend(item: Outgoing, session: Session | null, error: ApiError): boolean {
    const { outbox, surroundings, timing, explain } = this.#options;
    if (session === null && error.kind === "consent") {
      // Nothing is lost: what was written goes out once the notice has been agreed to.
      this.#consentMissing = true;
      this.#options.onChange();
      return false;
    }
    if (session === null && error.kind === "identity") {
      this.#identity = null;
      return true;
    }
    if (session !== null && item.choice !== null && !error.temporary && error.status !== 401 && error.status !== 403) {
      // The button is no longer on offer at the server; its words still say what the visitor meant.
      outbox.update(item.client_id, { choice: null });
      return true;
    }
    let temporary = error.temporary;
    if (session !== null && error.gone) {
      const fresh = this.#unproven === session.token;
      this.#lost(session);
      if (!fresh) return true;
      temporary = true;
    }
    if (temporary) {
      const attempts = item.attempts + 1;
      // A server that asks for less than our own back-off, or for nothing at all, still gets the back-off.
      const wait = Math.max(error.retryAfter ?? 0, backoff(attempts, timing.backoff, surroundings.random));
      outbox.update(item.client_id, {
        attempts,
        not_before: error.retryAfter === null ? 0 : surroundings.now() + error.retryAfter,
      });
      this.#outboxChanged();
      this.#later(wait);
      return false;
    }
    outbox.update(item.client_id, { failure: explain(error) });
    this.#outboxChanged();
    return true;
  }

  /** The stored identity, or a new conversation: made with the first message, never before. */
  async #identityNow(): Promise<Session> {
    const { api, sessions, consent } = this.#options;
    const stored = sessions.load();
    if (stored !== null) {
      this.#adopt(stored);
      return stored;
    }
    const agreed = consent();
    const made = await api.startConversation({
      ...(agreed === null ? {} : { consent: agreed }),
      ...(this.#identity === null ? {} : { identity: this.#identity }),
    });
    // Without locks another tab may have been quicker; then its conversation is the one, and ours stays empty.
    const session = sessions.load() ?? made;
    this.#leave();
    if (session === made) {
      sessions.save(session);
      this.#unproven = session.token;
    }
    this.#follow(session, session === made);
    return session;
  }

  /** Goes on under the stored identity: another conversation, or the same one under a renewed token. */
  #adopt(stored: Session | null): void {
    if (stored === null || stored.conversation !== this.#session?.conversation) {
      this.#leave();
      if (stored !== null) this.#follow(stored);
    } else {
      this.#session = stored;
      if (this.#delivery === null) this.#follow(stored);
    }
  }

  #renew(session: Session): void {
    if (this.#session?.conversation !== session.conversation) return;
    this.#session = session;
    this.#options.sessions.renew(session);
  }

  /** @param fresh the conversation was made just now, so there is no history to wait for */
  #follow(session: Session, fresh = false): void {
    this.#session = session;
    this.#loaded = fresh || this.#thread.messages.length > 0;
    this.#delivery?.stop();
    const { api, timing, surroundings, onChange } = this.#options;
    const delivery = new Delivery({
      api,
      session: () => this.#session ?? session,
      thread: this.#thread,
      timing,
      pace: surroundings.pace,
      random: surroundings.random,
      onMessages: () => {
        this.#unproven = null;
        this.#echoes();
        onChange();
      },
      onState: (state) => {
        this.#state = state;
        onChange();
      },
      onConnection: (connection) => {
        const before = this.#connection;
        this.#connection = connection;
        // What failed while the server was away need not wait out its back-off.
        if (before === "down" && connection !== "down") void this.flush();
        if (before !== connection) onChange();
      },
      onLoaded: () => {
        this.#loaded = true;
        onChange();
      },
      onGone: (refused) => {
        this.#delivery = null;
        this.#lost(refused);
        void this.flush();
      },
    });
    this.#delivery = delivery;
    this.#connection = "connecting";
    delivery.start();
  }

  /** The server no longer takes this token. Unsent messages stay for the next conversation. */
  #lost(session: Session): void {
    const { sessions } = this.#options;
    const stored = sessions.load();
    if (stored !== null && stored.token !== session.token) {
      // Renewed or replaced meanwhile, here or in another tab: that one has not been refused.
      this.#adopt(stored);
      return;
    }
    sessions.forget(session.token);
    if (this.#session?.conversation !== session.conversation) return;
    this.#options.outbox.turnChoicesIntoText();
    this.#leave();
    this.#renewed = true;
    this.#outboxChanged();
  }

  #leave(): void {
    this.#delivery?.stop();
    this.#delivery = null;
    this.#session = null;
    this.#thread.clear();
    this.#state = INITIAL_STATE;
    this.#connection = "none";
    this.#loaded = true;
    this.#unproven = null;
  }

  /** Removes from the line what the stream shows to be on record: the answer to our POST may have been lost. */
  #echoes(): void {
    for (const item of this.#options.outbox.list()) {
      if (this.#thread.holds(item.client_id)) this.#options.outbox.remove(item.client_id);
    }
    this.#shown = this.#options.outbox.list();
  }

  #outboxChanged(): void {
    this.#shown = this.#options.outbox.list();
    this.#options.onChange();
  }

  #pending(): Pending[] {
    const now = this.#options.surroundings.now();
    const items = [...this.#shown];
    for (const [id, { item, until }] of this.#settling) {
      if (until < now || this.#thread.holds(id)) this.#settling.delete(id);
      else if (!items.some((other) => other.client_id === id)) items.push(item);
    }
    return items
      .filter((item) => !this.#thread.holds(item.client_id))
      .sort((a, b) => Number(a.failure === null) - Number(b.failure === null) || a.order - b.order)
      .map((item) => ({
        client_id: item.client_id,
        text: item.text,
        at: new Date(item.order).toISOString(),
        state: item.failure !== null ? "failed" : item.attempts > 0 ? "waiting" : "sending",
        failure: item.failure,
      }));
  }

  #expectReply(): void {
    this.#options.onChange();
    const asked = this.#options.surroundings.now();
    for (const delay of NUDGES) {
      const timer = setTimeout(() => {
        this.#nudgeTimers.delete(timer);
        const delivery = this.#delivery;
        // A proxy may swallow the stream without ending it: then the record itself is asked.
        if (delivery !== null && delivery.lastByte < asked) void delivery.nudge();
      }, delay);
      this.#nudgeTimers.add(timer);
    }
  }

  #later(milliseconds: number): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void this.flush(), milliseconds);
  }
}
