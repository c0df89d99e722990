// API room: the calls to the front desk and their errors. Nothing here waits or tries again; that is for the callers.

import { retryAfter } from "./backoff";
import type { Outgoing } from "./outbox";
import {
  isRecord,
  type Message,
  type Page,
  readConfig,
  readMessage,
  readPage,
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
  /** Milliseconds that the server asked us to wait, or null. */
  readonly retryAfter: number | null;

  constructor(status: number, detail: string | null = null, pause: number | null = null) {
    super(`front desk answered ${status}`);
    this.status = status;
    this.detail = detail;
    this.retryAfter = pause;
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

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

export class Api {
  readonly #base: string;
  readonly #fetch: Fetch;
  readonly #patience: number;
  readonly #now: () => number;
  /** Told when the server has renewed the token of an identity; the old one is good for a while longer. */
  onRenewed: (session: Session, token: string) => void = () => undefined;

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

  async startConversation(): Promise<Session> {
    return readSession(await this.#json("/conversations", { method: "POST" }));
  }

  /** Hands a message over. The same client id again gives the same message again. */
  async send(session: Session, item: Outgoing): Promise<Message> {
    const { client_id, choice, text } = item;
    const answer = await this.#json(
      thread(session, "messages"),
      {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(choice === null ? { client_id, text } : { client_id, choice }),
      },
      session,
    );
    return readMessage(isRecord(answer) ? answer.message : null);
  }

  async read(session: Session, after: number, limit = 200): Promise<Page> {
    return readPage(await this.#json(thread(session, `messages?after=${after}&limit=${limit}`), {}, session), after);
  }

  /** Opens the live stream. The caller reads the body and aborts through `signal`. */
  async events(session: Session, after: number, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (after > 0) headers["Last-Event-ID"] = String(after);
    const response = await this.#call(thread(session, `events?after=${after}`), { headers, signal }, session);
    if (!(response.headers.get("Content-Type") ?? "").includes("text/event-stream")) throw new ApiError(0);
    return response;
  }

  async #json(path: string, init: RequestInit, session?: Session): Promise<unknown> {
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), this.#patience);
    try {
      const response = await this.#call(path, { ...init, signal: control.signal }, session);
      return await response.json();
    } catch (error) {
      throw asApiError(error);
    } finally {
      clearTimeout(timer);
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
    return new ApiError(response.status, textOrNull(problem.detail) ?? textOrNull(problem.title), pause);
  }
}

function thread(session: Session, rest: string): string {
  return `/conversations/${encodeURIComponent(session.conversation)}/${rest}`;
}

/** Anything thrown on the way, as one kind of error. An answer of the wrong shape counts as a server at fault. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(error instanceof ShapeError || error instanceof SyntaxError ? 502 : 0);
}
