// Delivery room: brings the thread from the server, by a live stream from the cursor, by polling where streams fail.
// It never sends. What it promises: after any break every message arrives, once, and the state is the server's.

import { type Api, type ApiError, asApiError } from "./api";
import { BACKOFF, backoff, type BackoffLimits } from "./backoff";
import { EventStreamParser, type StreamEvent } from "./event-stream";
import { type ConversationState, type Page, readMessage, readState, type Session } from "./protocol";
import type { Thread } from "./thread";

/** `live`: a person may be looking, hold a stream. `idle`: look in now and then. */
export type Pace = "live" | "idle";

/** `connecting` before the first answer, `live` with a stream, `polling` without, `down` while nothing answers. */
export type Connection = "connecting" | "live" | "polling" | "down";

/** All in milliseconds. */
export interface DeliveryTiming {
  /** A stream that says nothing for this long is dead: the server pings every 15 s. */
  readonly silence: number;
  /** How long a stream may take to open. */
  readonly opening: number;
  /** Seconds that a read may wait at the server where streams fail. */
  readonly wait: number;
  /** The pause between two looks where the server does not let them wait. */
  readonly pollLive: number;
  readonly pollIdle: number;
  /** Streams that bring nothing this often in a row are given up for `streamPause`. */
  readonly streamTries: number;
  readonly streamPause: number;
  readonly backoff: BackoffLimits;
}

export const TIMING: DeliveryTiming = {
  silence: 40_000,
  opening: 15_000,
  wait: 20,
  pollLive: 4_000,
  pollIdle: 30_000,
  streamTries: 3,
  streamPause: 60_000,
  backoff: BACKOFF,
};

export interface DeliveryOptions {
  readonly api: Api;
  /** The identity, asked before each call: its token may be renewed meanwhile. */
  readonly session: () => Session;
  readonly thread: Thread;
  readonly timing: DeliveryTiming;
  readonly pace: () => Pace;
  readonly random: () => number;
  /** The thread has new messages. */
  readonly onMessages: () => void;
  readonly onState: (state: ConversationState) => void;
  readonly onConnection: (connection: Connection) => void;
  /** The first full look at the thread is done. */
  readonly onLoaded: () => void;
  /** Token or conversation are no longer valid. Delivery has stopped itself. */
  readonly onGone: (session: Session) => void;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #stopped = new AbortController();
  #stream: AbortController | null = null;
  #waiting: AbortController | null = null;
  #tag: string | null = null;
  #wakeUp: (() => void) | null = null;
  #syncing: Promise<void> | null = null;
  #syncAgain = false;
  #stateVersion = 0;
  #lastByte = 0;
  #loaded = false;
  /** Under which identity the last call failed. */
  #identity: Session;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#identity = options.session();
  }

  /** When the stream last said anything (milliseconds since 1970), 0 without an open stream. */
  get lastByte(): number {
    return this.#stream === null ? 0 : this.#lastByte;
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
    this.#stream?.abort();
    this.#waiting?.abort();
    this.#wakeUp?.();
  }

  /** Something changed (back online, page shown, panel opened): look at once instead of waiting. */
  wake(): void {
    if (this.#stream !== null) {
      const quiet = Date.now() - this.#lastByte;
      // After sleep a stream may look open and be dead; the server's ping would have come by now.
      if (this.#options.pace() === "idle" || quiet > this.#options.timing.silence / 2) this.#stream.abort();
    }
    this.#waiting?.abort();
    this.#wakeUp?.();
  }

  /** Reads everything after the cursor once. Calls that come while one is under way share the next. */
  sync(): Promise<void> {
    if (this.#syncing !== null) {
      this.#syncAgain = true;
      return this.#syncing;
    }
    this.#syncing = this.#readAll().finally(() => (this.#syncing = null));
    return this.#syncing;
  }

  /** One look, errors left to the loop's own rhythm. Used when a reply is expected and the stream is silent. */
  async nudge(): Promise<void> {
    try {
      await this.sync();
    } catch (error) {
      this.#refused(asApiError(error));
    }
  }

  async #readAll(): Promise<void> {
    do await this.#readOn();
    while (this.#askedAgain());
  }

  #askedAgain(): boolean {
    const asked = this.#syncAgain;
    this.#syncAgain = false;
    return asked && !this.#stopped.signal.aborted;
  }

  async #readOn(): Promise<void> {
    const { api, thread } = this.#options;
    for (;;) {
      const after = thread.cursor;
      const version = this.#stateVersion;
      const page = await this.#asked((identity) => api.read(identity, after));
      if (this.#stopped.signal.aborted) return;
      this.#takePage(page, version);
      if (page.messages.length === 0 || thread.cursor === after) break;
    }
    if (!this.#loaded) {
      this.#loaded = true;
      this.#options.onLoaded();
    }
  }

  async #run(): Promise<void> {
    const { timing, random } = this.#options;
    const ended = (): boolean => this.#stopped.signal.aborted;
    let emptyStreams = 0;
    let failedLooks = 0;
    let streamAgainAt = 0;
    this.#options.onConnection("connecting");
    while (!ended()) {
      let pause: number;
      const pace = this.#options.pace();
      if (pace === "live" && (emptyStreams < timing.streamTries || Date.now() >= streamAgainAt)) {
        const outcome = await this.#streamOnce();
        if (ended()) return;
        if (outcome.error !== null && this.#refused(outcome.error)) return;
        if (outcome.brought || outcome.paced) {
          emptyStreams = 0;
          // A proxy or a restart ended it: many visitors lose theirs at the same moment, so they return spread out.
          pause = outcome.paced ? 0 : Math.min(outcome.retry ?? timing.backoff.first * random(), timing.backoff.longest);
        } else {
          emptyStreams += 1;
          streamAgainAt = Date.now() + timing.streamPause;
          if (outcome.error !== null) this.#options.onConnection("down");
          pause = Math.max(outcome.error?.retryAfter ?? 0, backoff(emptyStreams, timing.backoff, random));
        }
      } else {
        try {
          await this.sync();
          if (ended()) return;
          this.#options.onConnection("polling");
          pause = timing.pollIdle;
          if (pace === "live" && failedLooks === 0) pause = await this.#waitForNews();
          if (ended()) return;
          if (failedLooks > 0) {
            // The server was away and is back: its streams deserve a new chance at once.
            streamAgainAt = 0;
            pause = 0;
          }
          failedLooks = 0;
        } catch (thrown) {
          const error = asApiError(thrown);
          if (ended() || this.#refused(error)) return;
          failedLooks += 1;
          this.#options.onConnection("down");
          pause = Math.max(error.retryAfter ?? 0, backoff(failedLooks, timing.backoff, random));
        }
      }
      if (pause > 0) await this.#rest(pause);
    }
  }

  #takePage(page: Page, version: number): void {
    const { thread } = this.#options;
    let news = false;
    for (const message of page.messages) news = thread.add(message) || news;
    thread.confirm(page.cursor);
    if (news) this.#options.onMessages();
    // A state event that overtook this answer is the newer truth.
    if (page.state !== null && version === this.#stateVersion) {
      this.#tag = page.tag;
      this.#options.onState(page.state);
    }
  }

  /** Long polling: one read that the server holds until there is news. Returns how long to wait before the next. */
  async #waitForNews(): Promise<number> {
    const { api, thread, timing } = this.#options;
    const control = new AbortController();
    this.#waiting = control;
    const began = Date.now();
    const version = this.#stateVersion;
    const after = thread.cursor;
    try {
      const page = await this.#asked((identity) => api.wait(identity, after, timing.wait, this.#tag, control.signal));
      if (this.#stopped.signal.aborted) return 0;
      // What another look brought meanwhile is not taken back by an older state.
      this.#takePage(page, thread.cursor === after ? version : -1);
      // A server that does not know how to wait answers at once: it must not be asked without a pause.
      return page.messages.length > 0 || Date.now() - began > timing.pollLive ? 0 : timing.pollLive;
    } catch (error) {
      if (isAborted(control.signal)) return 0;
      throw error;
    } finally {
      this.#waiting = null;
    }
  }

  /** Handles a lost identity. Returns true when delivery has ended with it. */
  #refused(error: ApiError): boolean {
    if (!error.gone || this.#stopped.signal.aborted) return false;
    this.stop();
    this.#options.onGone(this.#identity);
    return true;
  }

  /** Makes a call under the present identity and remembers which one that was. */
  #asked<T>(call: (identity: Session) => Promise<T>): Promise<T> {
    const identity = this.#options.session();
    return call(identity).catch((error: unknown) => {
      this.#identity = identity;
      throw error;
    });
  }

  /**
   * Holds one stream until it ends.
   * `brought` tells whether it said anything, `paced` whether we let it go ourselves, `retry` the server's wish.
   */
  async #streamOnce(): Promise<{ brought: boolean; paced: boolean; retry: number | null; error: ApiError | null }> {
    const { api, thread, timing } = this.#options;
    const control = new AbortController();
    this.#stream = control;
    this.#lastByte = Date.now();
    const parser = new EventStreamParser();
    let brought = false;
    let error: ApiError | null = null;
    const watchdog = new Watchdog(() => control.abort());
    try {
      // A long history comes in pages; the stream is for what happens from then on.
      if (!this.#loaded) await this.sync();
      watchdog.allow(timing.opening);
      const response = await this.#asked((identity) => api.events(identity, thread.cursor, control.signal));
      const reader = response.body?.getReader();
      if (reader === undefined) throw asApiError(null);
      watchdog.allow(timing.silence);
      this.#options.onConnection("live");
      // The stream tells what happens from now on; who holds the conversation already must be asked.
      void this.nudge();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        brought = true;
        this.#lastByte = Date.now();
        watchdog.allow(timing.silence);
        for (const event of parser.push(decoder.decode(value, { stream: true }))) this.#take(event);
      }
    } catch (thrown) {
      if (watchdog.expired || !isAborted(control.signal)) error = asApiError(thrown);
    } finally {
      watchdog.stop();
      control.abort();
      this.#stream = null;
    }
    const paced = error === null && this.#options.pace() === "idle";
    return { brought, paced, retry: parser.retry, error };
  }

  #take(event: StreamEvent): void {
    if (this.#stopped.signal.aborted) return;
    let data: unknown;
    try {
      data = JSON.parse(event.data);
    } catch {
      console.warn("CHHA front desk: an event was not JSON");
      return;
    }
    if (event.event === "state") {
      const state = readState(data);
      if (state === null) return;
      this.#stateVersion += 1;
      this.#options.onState(state);
    } else if (event.event === "message") {
      this.#takeMessage(data);
    }
  }

  #takeMessage(data: unknown): void {
    const { thread } = this.#options;
    let message;
    try {
      message = readMessage(data);
    } catch (error) {
      console.warn("CHHA front desk: left out an unreadable message", error);
      return;
    }
    const take = (): void => {
      if (!this.#stopped.signal.aborted && thread.add(message)) this.#options.onMessages();
    };
    if (message.seq > thread.cursor + 1) {
      // A gap may be harmless (staff notes are numbered, too) or a loss; one look at the record settles it. What is
      // shown before that could have to move, and would be read out twice.
      void this.nudge().then(take);
      return;
    }
    thread.confirm(message.seq);
    take();
  }

  #rest(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#wakeUp = null;
        resolve();
      };
      const timer = setTimeout(finish, milliseconds);
      this.#wakeUp = finish;
    });
  }
}

/** Calls out when something takes longer than it was allowed to. */
class Watchdog {
  readonly #onExpired: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #expired = false;

  constructor(onExpired: () => void) {
    this.#onExpired = onExpired;
  }

  get expired(): boolean {
    return this.#expired;
  }

  /** Starts anew with this many milliseconds. */
  allow(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#expired = true;
      this.#onExpired();
    }, milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
