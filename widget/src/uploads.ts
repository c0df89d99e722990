// Uploads room: files on their way to the front desk: one after the other, with progress, cancel and retry. A file keeps
// its id over retries, so that the server takes it once. Files are not kept over a reload: the browser does not let us.

import { type Api, ApiError } from "./api";
import type { FileRules, Session } from "./protocol";
import { words } from "./words";

export type UploadState = "waiting" | "sending" | "failed" | "sent";

export interface Upload {
  readonly id: string;
  readonly name: string;
  readonly state: UploadState;
  /** 0 to 100. */
  readonly percent: number;
  readonly failure: string | null;
}

export interface UploadsOptions {
  readonly api: Api;
  /** The visitor's identity, made when there is none. */
  readonly identity: () => Promise<Session>;
  readonly newId: () => string;
  readonly onChange: () => void;
  /** The server has taken a file: its line is in the thread. */
  readonly onTaken: () => void;
}

interface Entry {
  readonly id: string;
  readonly file: File;
  readonly document: string | null;
  state: UploadState;
  percent: number;
  failure: string | null;
}

/** More files at once are somebody's whole folder by mistake. */
const MOST = 10;
/** A file that moves no byte for this long is taken as lost. */
const SILENCE = 60_000;

export class Uploads {
  readonly #options: UploadsOptions;
  #entries: Entry[] = [];
  #request: XMLHttpRequest | null = null;
  #busy = false;
  rules: FileRules | null = null;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  get list(): readonly Upload[] {
    return this.#entries.map(({ id, file, state, percent, failure }) => ({ id, name: file.name, state, percent, failure }));
  }

  /** Puts files into the line. @param document the checklist's entry that they answer. Returns what is to be said, or "". */
  add(files: readonly File[], document: string | null = null): string {
    const rules = this.rules;
    if (rules === null) return words.fileKind;
    for (const file of files.slice(0, MOST)) {
      const failure = file.size > rules.max_size ? words.fileTooLarge(rules.max_size) : file.size === 0 ? words.fileEmpty : null;
      this.#entries.push({
        id: this.#options.newId(),
        file,
        document,
        state: failure === null ? "waiting" : "failed",
        percent: 0,
        failure,
      });
    }
    this.#options.onChange();
    void this.#run();
    return files.length > MOST ? words.fileMore({ n: MOST }) : "";
  }

  /** Whether another try could help: not for a file that is too large or empty. */
  retriable(id: string): boolean {
    const file = this.#entries.find((entry) => entry.id === id)?.file;
    return file !== undefined && file.size > 0 && file.size <= (this.rules?.max_size ?? 0);
  }

  retry(id: string): void {
    const entry = this.#entries.find((found) => found.id === id);
    if (entry?.state !== "failed") return;
    Object.assign(entry, { state: "waiting", percent: 0, failure: null });
    this.#options.onChange();
    void this.#run();
  }

  /** Stops a file that is on its way, or takes one out of the line. */
  cancel(id: string): void {
    const entry = this.#entries.find((found) => found.id === id);
    this.#entries = this.#entries.filter((found) => found.id !== id);
    if (entry?.state === "sending") this.#request?.abort();
    this.#options.onChange();
  }

  clear(): void {
    this.#entries = [];
    this.#request?.abort();
    this.#options.onChange();
  }

  async #run(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let entry = this.#next(); entry !== undefined; entry = this.#next()) await this.#send(entry);
    } finally {
      this.#busy = false;
    }
  }

  #next(): Entry | undefined {
    return this.#entries.find(({ state }) => state === "waiting");
  }

  async #send(entry: Entry): Promise<void> {
    entry.state = "sending";
    this.#options.onChange();
    try {
      await this.#transfer(entry, await this.#options.identity());
      entry.state = "sent";
      this.#entries = this.#entries.filter((found) => found !== entry);
      this.#options.onTaken();
    } catch (thrown) {
      const error = thrown instanceof ApiError ? thrown : new ApiError(0);
      entry.state = "failed";
      entry.failure = this.#why(error);
    }
    this.#options.onChange();
  }

  #transfer(entry: Entry, session: Session): Promise<void> {
    if (!this.#entries.includes(entry)) return Promise.reject(new ApiError(0));
    const { url, headers } = this.#options.api.upload(session);
    const request = new XMLHttpRequest();
    this.#request = request;
    return new Promise<void>((resolve, reject) => {
      let quiet: ReturnType<typeof setTimeout>;
      const alive = (): void => {
        clearTimeout(quiet);
        quiet = setTimeout(() => request.abort(), SILENCE);
      };
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        alive();
        entry.percent = total > 0 ? Math.floor((loaded / total) * 100) : 0;
        this.#options.onChange();
      });
      request.addEventListener("loadend", () => {
        clearTimeout(quiet);
        this.#request = null;
        const { status } = request;
        if (status >= 200 && status < 300) resolve();
        else reject(new ApiError(status, detail(request)));
      });
      alive();
      request.open("POST", url);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      const body = new FormData();
      body.set("client_id", entry.id);
      if (entry.document !== null) body.set("document", entry.document);
      body.set("file", entry.file, entry.file.name);
      request.send(body);
    });
  }

  #why(error: ApiError): string {
    if (error.status === 413 && this.rules !== null) return words.fileTooLarge(this.rules.max_size);
    if (error.status === 0) return "";
    if (error.detail !== null && error.status < 500) return error.detail.replace(/^\w+: (?=\S)/, "");
    return error.status === 415 ? words.fileKind : "";
  }
}

function detail(request: XMLHttpRequest): string | null {
  try {
    const body = JSON.parse(request.responseText) as { detail?: unknown };
    return typeof body.detail === "string" ? body.detail : null;
  } catch {
    return null;
  }
}
