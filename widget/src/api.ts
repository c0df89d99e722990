// API room: the calls to the front desk and their errors. Nothing here waits or tries again; that is for the callers.

import { retryAfter } from "./backoff";
import type { Outgoing } from "./outbox";
import { solve } from "./proof";
import {
  isRecord,
  type Message,
  type Page,
  type PersonsThread,
  readConfig,
  readMessage,
  readPage,
  readPersonsThreads,
  readSession,
  type Session,
  ShapeError,
  textOrNull,
  type WidgetConfig,
} from "./protocol";

/** A call that did not succeed. `status` 0 means that no usable answer came at all. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  /** The server's explanation (`detail` or `title` of a problem document), or null. */
  readonly detail: string | null;
  /** The last part of the problem's type, such as `consent`, or null. */
  readonly kind: string | null;
  /** Milliseconds that the server asked us to wait, or null. */
  readonly retryAfter: number | null;

  constructor(status: number, detail: string | null = null, pause: number | null = null, kind: string | null = null) {
    super(`front desk answered ${status}`);
    this.status = status;
    this.detail = detail;
    this.retryAfter = pause;
    this.kind = kind;
  }

  /** The token or the conversation is no longer known to the server. */
  get gone(): boolean {
    return this.status === 401 || this.status === 404 || this.status === 410;
  }

  /** Worth another try later: no answer, a busy server or one that is away. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 425 || this.status === 429 || this.status >= 500;
  }
}

/** A server that renews ageing tokens sends the new one along with any answer. */
const RENEWED_TOKEN = "X-Visitor-Token";

/** How a proof of work travels. */
const PROOF = "X-Proof-Of-Work";

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

export class Api {
  readonly #base: string;
  readonly #fetch: Fetch;
  readonly #patience: number;
  readonly #now: () => number;
  /** Told when the server has renewed the token of an identity; the old one is good for a while longer. */
  onRenewed: (session: Session, token: string) => void = () => undefined;
  /** Told while a proof of work is being made. */
  onProving: (busy: boolean) => void = () => undefined;

  /** @param server origin of the front desk; @param patience milliseconds after which a call counts as lost */
  constructor(server: string, fetch: Fetch, patience = 20_000, now: () => number = Date.now) {
    this.#base = server.replace(/\/+$/, "") + "/api";
    this.#fetch = fetch;
    this.#patience = patience;
    this.#now = now;
  }

  async config(): Promise<WidgetConfig> {
    return readConfig(await this.#json("/widget/config", {}));
  }

  /** @param given the version of the consent notice that was agreed to, and the site's token about its person */
  async startConversation(given: { consent?: string; identity?: string } = {}): Promise<Session> {
    const body = Object.keys(given).length === 0 ? {} : json(given);
    return readSession(await this.#proven("/conversations", { method: "POST", ...body }));
  }

  /** The threads of the person whom the site's token names; joins this conversation to them. */
  async identify(identity: string, session: Session | null): Promise<PersonsThread[]> {
    const body = { identity, conversation: session?.conversation ?? null };
    return readPersonsThreads(await this.#json("/identity", { method: "POST", ...json(body) }, session ?? undefined));
  }

  /** Says whether an answer was helpful; null takes it back. */
  async rate(session: Session, message: string, helpful: boolean | null): Promise<void> {
    const path = thread(session, `messages/${encodeURIComponent(message)}/rating`);
    await this.#answered(path, { method: "PUT", ...json({ helpful }) }, session, () => Promise.resolve());
  }

  /** The whole thread as plain text, times in the visitor's own zone. */
  async transcript(session: Session): Promise<Blob> {
    return this.#answered(thread(session, `transcript?time_zone=${encodeURIComponent(timeZone())}`), {}, session, (response) => response.blob());
  }

  /** Sends the thread to an e-mail address. */
  async mailTranscript(session: Session, email: string): Promise<void> {
    const init = { method: "POST", ...json({ email, time_zone: timeZone() }) };
    await this.#answered(thread(session, "transcript"), init, session, () => Promise.resolve());
  }

  /** A picture of the team's, from the front desk itself. */
  async picture(path: string): Promise<Blob> {
    const response = await this.#fetch(this.#base + path.replace(/^\/api/, ""), { credentials: "omit" });
    if (!response.ok) throw new ApiError(response.status);
    return response.blob();
  }

  /** Where files of this conversation go, and with which headers: they travel by XMLHttpRequest, which tells progress. */
  upload(session: Session): { url: string; headers: Readonly<Record<string, string>> } {
    return { url: this.#base + thread(session, "files"), headers: { Authorization: `Bearer ${session.token}` } };
  }

  /** A file that a person sent in this conversation. */
  async file(session: Session, id: string): Promise<Blob> {
    return this.#answered(thread(session, `files/${encodeURIComponent(id)}`), {}, session, (response) => response.blob());
  }

  /** Hands a message over. The same client id again gives the same message again. */
  async send(session: Session, item: Outgoing): Promise<Message> {
    const { client_id, choice, text, for_the_team } = item;
    const words = for_the_team === null ? { client_id, text } : { client_id, text, for_the_team };
    const body = json(choice === null ? words : { client_id, choice });
    const answer = await this.#proven(thread(session, "messages"), { method: "POST", ...body }, session);
    return readMessage(isRecord(answer) ? answer.message : null);
  }

  async read(session: Session, after: number, limit = 200): Promise<Page> {
    return readPage(await this.#json(thread(session, `messages?after=${after}&limit=${limit}`), {}, session), after);
  }

  /** A read that the server answers when there is news, or after `seconds` without any. */
  async wait(session: Session, after: number, seconds: number, known: string | null, signal: AbortSignal): Promise<Page> {
    const query = `after=${after}&limit=200&wait=${seconds}${known === null ? "" : `&known=${encodeURIComponent(known)}`}`;
    const patience = this.#patience + seconds * 1_000;
    return readPage(await this.#json(thread(session, `messages?${query}`), {}, session, { signal, patience }), after);
  }

  /** Opens the live stream. The caller reads the body and aborts through `signal`. */
  async events(session: Session, after: number, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (after > 0) headers["Last-Event-ID"] = String(after);
    const response = await this.#call(thread(session, `events?after=${after}`), { headers, signal }, session);
    if (!(response.headers.get("Content-Type") ?? "").includes("text/event-stream")) throw new ApiError(0);
    return response;
  }

  /** A call that may have to show a proof of work first: then it is made and the call made again, once. */
  async #proven(path: string, init: RequestInit, session?: Session): Promise<unknown> {
    try {
      return await this.#json(path, init, session);
    } catch (error) {
      if (!(error instanceof ProofWanted)) throw error;
      this.onProving(true);
      let proof: string;
      try {
        proof = await solve(error.challenge);
      } catch {
        throw new ApiError(503);
      } finally {
        this.onProving(false);
      }
      const headers = new Headers(init.headers);
      headers.set(PROOF, proof);
      return this.#json(path, { ...init, headers }, session);
    }
  }

  #json(
    path: string,
    init: RequestInit,
    session?: Session,
    options: { signal?: AbortSignal; patience?: number } = {},
  ): Promise<unknown> {
    return this.#answered(path, init, session, (response) => response.json() as Promise<unknown>, options);
  }

  async #answered<T>(
    path: string,
    init: RequestInit,
    session: Session | undefined,
    read: (response: Response) => Promise<T>,
    { signal, patience = this.#patience }: { signal?: AbortSignal; patience?: number } = {},
  ): Promise<T> {
    const control = new AbortController();
    const stop = (): void => control.abort();
    signal?.addEventListener("abort", stop);
    const timer = setTimeout(stop, patience);
    try {
      return await read(await this.#call(path, { ...init, signal: control.signal }, session));
    } catch (error) {
      throw asApiError(error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }

  async #call(path: string, init: RequestInit, session?: Session): Promise<Response> {
    const headers = new Headers(init.headers);
    if (session !== undefined) headers.set("Authorization", `Bearer ${session.token}`);
    let response: Response;
    try {
      // No cookies in either direction: the visitor is known by the token alone.
      response = await this.#fetch(this.#base + path, { ...init, headers, credentials: "omit", cache: "no-store" });
    } catch (error) {
      throw asApiError(error);
    }
    if (!response.ok) throw await this.#problem(response);
    const renewed = response.headers.get(RENEWED_TOKEN);
    if (session !== undefined && renewed !== null && renewed !== "") this.onRenewed(session, renewed);
    return response;
  }

  async #problem(response: Response): Promise<ApiError> {
    let body: unknown = null;
    try {
      body = await response.json();
    } catch {
      // An error page of a proxy: the status alone must do.
    }
    const problem = isRecord(body) ? body : {};
    const seconds = problem.retry_after;
    const pause =
      retryAfter(response.headers.get("Retry-After"), this.#now()) ??
      retryAfter(typeof seconds === "number" || typeof seconds === "string" ? String(seconds) : null, this.#now());
    const kind = textOrNull(problem.type)?.split(":").at(-1) ?? null;
    if (response.status === 428 && isRecord(problem.challenge)) return new ProofWanted(problem.challenge);
    return new ApiError(response.status, textOrNull(problem.detail) ?? textOrNull(problem.title), pause, kind);
  }
}

/** The server wants to see some work before it goes on; without it the call counts as put off. */
class ProofWanted extends ApiError {
  readonly challenge: Readonly<Record<string, unknown>>;

  constructor(challenge: Readonly<Record<string, unknown>>) {
    super(429, null, null, "proof");
    this.challenge = challenge;
  }
}

function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function json(body: unknown): { headers: { "Content-Type": string }; body: string } {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

function thread(session: Session, rest: string): string {
  return `/conversations/${encodeURIComponent(session.conversation)}/${rest}`;
}

/** Anything thrown on the way, as one kind of error. An answer of the wrong shape counts as a server at fault. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(error instanceof ShapeError || error instanceof SyntaxError ? 502 : 0);
}
