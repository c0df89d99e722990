// App room: the panel as the launcher loads it. Joins the conversation to the page: panel, browser events, languages,
// greeting, sound. Everything that touches the page outside of the shadow tree is here, in the element or the greeter.

import { Api } from "./api";
import { Conversation, type Surroundings } from "./conversation";
import { type Pace, TIMING } from "./delivery";
import { Greeter } from "./greeter";
import { Outbox } from "./outbox";
import type { WidgetConfig } from "./protocol";
import { clearAll, concernsOutbox, concernsRead, concernsSession, CONSENT, DRAFT, LANGUAGE, OPEN, SessionStore, SOUND } from "./kept";
import { openArea, PREFIX, Storage } from "./storage";
import { Uploads } from "./uploads";
import type { App, Host } from "./view/element";
import { Faces } from "./view/faces";
import { Panel, type PanelActions } from "./view/panel";
import styles from "./view/panel.css?inline";
import { chime } from "./view/sound";
import { type Language } from "./words/catalogue";
import { speak, words } from "./words";

/** A hidden page lets go of its stream after this long: browsers allow few connections to one server. */
const HIDDEN_GRACE = 30_000;
/** A quiet conversation behind a closed panel is looked at now and then instead of being streamed. */
const QUIET_AFTER = 10 * 60_000;
/** Drawings are at least this far apart: a hundred messages that come in one go are drawn a few times, not a hundred. */
const DRAWING_PAUSE = 40;

/** Starts the panel in the launcher's frame. Falls back to English when the language's catalogue does not come. */
export async function start(host: Host): Promise<App> {
  try {
    await speak(host.language);
  } catch {
    await speak("en");
    host.speak("en");
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  host.root.adoptedStyleSheets = [...host.root.adoptedStyleSheets, sheet];
  return new PanelApp(host);
}

class PanelApp implements App {
  readonly #host: Host;
  readonly #api: Api;
  readonly #conversation: Conversation;
  readonly #sessions: SessionStore;
  readonly #uploads: Uploads;
  readonly #greeter: Greeter;
  readonly #local = new Storage(openArea("localStorage"));
  readonly #tab = new Storage(openArea("sessionStorage"));
  #panel: Panel;
  #config: WidgetConfig | null = null;
  #configAsked = false;
  #drawing = false;
  #drawnAt = 0;
  #modal = false;
  #returnTo: HTMLElement | null = null;
  #hiddenSince: number | null = document.hidden ? Date.now() : null;
  #activeAt = Date.now();
  #lastHeard = 0;
  #listening = new AbortController();

  constructor(host: Host) {
    this.#host = host;
    const { settings } = host;
    this.#api = new Api(settings.server, (input, init) => fetch(input, init));
    this.#sessions = new SessionStore(this.#local, settings.server);
    this.#conversation = new Conversation({
      api: this.#api,
      sessions: this.#sessions,
      outbox: new Outbox(this.#local),
      timing: TIMING,
      surroundings: this.#surroundings(),
      explain: (error) => words.refusal(error),
      consent: () => this.#local.get(CONSENT),
      onChange: () => this.#draw(),
    });
    this.#uploads = new Uploads({
      api: this.#api,
      identity: () => this.#conversation.identityForFile(),
      newId,
      onChange: () => this.#draw(),
      onTaken: () => this.#conversation.look(),
    });
    this.#panel = this.#makePanel();
    this.#greeter = new Greeter(host, this.#tab, {
      // Who has a thread here knows the chat already.
      wanted: () => this.#sessions.load() === null && !this.isOpen,
      open: () => this.open(true),
    });
    this.#listen();
    if (settings.identity === null) this.#conversation.start();
    else void this.#conversation.identify(settings.identity).finally(() => this.#conversation.start());
    this.#greeter.start();
    this.#drawNow();
  }

  get isOpen(): boolean {
    return this.#panel.root.open;
  }

  open(focus: boolean, text = ""): void {
    this.#greeter.stop();
    this.#show(focus);
    if (text !== "" && this.#panel.composer.text.trim() === "") this.#panel.composer.text = text;
  }

  close(): void {
    const panel = this.#panel;
    if (!panel.root.open) return;
    const hadFocus = this.#holdsFocus();
    this.#hide();
    this.#tab.set(OPEN, "0");
    this.#draw();
    this.#tell("close");
    // Only if the focus was here: closing must not pull a visitor away from where they are on the page.
    if (hadFocus) (this.#returnTo?.isConnected === true ? this.#returnTo : this.#host.launcher).focus();
    this.#returnTo = null;
  }

  suspend(): void {
    this.#listening.abort();
    this.#greeter.stop();
    this.#conversation.suspend();
  }

  resume(): void {
    this.#listening.abort();
    this.#listen();
    this.#conversation.resume();
  }

  identify(token: string | null): void {
    void this.#conversation.identify(token);
  }

  clear(): void {
    this.#uploads.clear();
    this.#conversation.restart();
    this.#panel.composer.text = "";
    const open = this.isOpen;
    clearAll(this.#local);
    clearAll(this.#tab);
    if (open) this.#tab.set(OPEN, "1");
    this.#draw();
  }

  #makePanel(): Panel {
    const { settings } = this.#host;
    const act = (task: (conversation: Conversation) => void): void => {
      this.#activeAt = Date.now();
      task(this.#conversation);
    };
    const actions: PanelActions = {
      close: () => this.close(),
      send: (text) => act((conversation) => conversation.send(text)),
      choose: (choice, label) => act((conversation) => conversation.choose(choice, label)),
      retry: (id) => act((conversation) => conversation.retry(id)),
      discard: (id) => act((conversation) => conversation.discard(id)),
      restart: () => {
        this.#uploads.clear();
        act((conversation) => conversation.restart());
        this.#tab.remove(DRAFT);
      },
      draft: (text) => (text === "" ? this.#tab.remove(DRAFT) : this.#tab.set(DRAFT, text)),
      leave: (text, email) => act((conversation) => conversation.leave(text, email)),
      agree: (version) => {
        this.#local.set(CONSENT, version);
        act((conversation) => conversation.agreed());
      },
      rate: (id, helpful) => this.#conversation.rate(id, helpful),
      transcript: () => this.#conversation.transcript(),
      file: (id) => this.#conversation.file(id),
      mail: (email) => this.#conversation.mailTranscript(email),
      speak: (language) => void this.#speak(language),
      sound: (on) => {
        if (on) {
          this.#local.set(SOUND, "1");
          chime();
        } else this.#local.remove(SOUND);
        this.#draw();
      },
      openThread: (thread) => act((conversation) => conversation.open(thread)),
      files: this.#uploads,
    };
    const panel = new Panel(actions, new Faces(this.#api), this.#host.language);
    panel.title = settings.title ?? words.title({ name: this.#config?.name ?? "CHHA" });
    panel.composer.text = this.#tab.get(DRAFT) ?? "";
    this.#host.launcher.after(panel.root);
    return panel;
  }

  /** Another language of the frame: its words are loaded, then the panel is drawn anew with what it held. */
  async #speak(language: Language): Promise<void> {
    try {
      await speak(language);
    } catch {
      this.#panel.announce(words.down);
      return;
    }
    this.#local.set(LANGUAGE, language);
    this.#host.speak(language);
    const { isOpen } = this;
    if (isOpen) this.#hide();
    this.#panel.root.remove();
    this.#panel = this.#makePanel();
    if (isOpen) this.#show(true);
    this.#drawNow();
  }

  #surroundings(): Surroundings {
    return {
      now: Date.now,
      random: Math.random,
      newId,
      lock: async (task) => {
        const locks = (navigator as Partial<Navigator>).locks;
        if (locks === undefined) return task();
        return locked((work) => locks.request(`${PREFIX}send`, work), task);
      },
      pace: () => this.#pace(),
    };
  }

  #pace(): Pace {
    const now = Date.now();
    if (this.#hiddenSince !== null && now - this.#hiddenSince > HIDDEN_GRACE) return "idle";
    if (this.isOpen) return "live";
    const { state } = this.#conversation.snapshot;
    const expecting = state.holder === "queued" || state.holder === "assigned";
    return expecting || now - this.#activeAt < QUIET_AFTER ? "live" : "idle";
  }

  #listen(): void {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const on = (target: EventTarget, type: string, act: (event: Event) => void): void =>
      target.addEventListener(type, act, { signal });
    const wake = (): void => {
      this.#conversation.wake();
      this.#draw();
    };
    on(window, "online", wake);
    on(window, "offline", () => this.#draw());
    on(window, "pageshow", () => this.#conversation.resume());
    // An open stream would keep the page out of the back/forward cache.
    on(window, "pagehide", () => this.#conversation.suspend());
    on(document, "visibilitychange", () => {
      this.#hiddenSince = document.hidden ? Date.now() : null;
      if (document.hidden) setTimeout(() => this.#conversation.wake(), HIDDEN_GRACE + 1_000);
      else wake();
    });
    on(window, "storage", (event) => {
      const { key } = event as StorageEvent;
      if (concernsSession(key)) this.#conversation.sessionChangedElsewhere();
      if (concernsOutbox(key)) this.#conversation.outboxChangedElsewhere();
      if (concernsRead(key)) this.#draw();
    });
    on(this.#host.phone, "change", () => this.#fit());
    if (window.visualViewport !== null) {
      on(window.visualViewport, "resize", () => this.#fitKeyboard());
      on(window.visualViewport, "scroll", () => this.#fitKeyboard());
    }
  }

  #show(focus: boolean): void {
    const panel = this.#panel;
    const { launcher, phone, element } = this.#host;
    if (!panel.root.open) {
      const active = document.activeElement;
      this.#returnTo = focus && active instanceof HTMLElement && active !== element && active !== document.body ? active : null;
      this.#modal = phone.matches;
      // `show()` would take the focus in any case; the attribute leaves it where it is.
      if (this.#modal) panel.root.showModal();
      else panel.root.setAttribute("open", "");
      panel.root.setAttribute("aria-modal", String(this.#modal));
      launcher.hidden = true;
      this.#tab.set(OPEN, "1");
      this.#activeAt = Date.now();
      this.#askConfig();
      this.#conversation.wake();
      this.#fitKeyboard();
      this.#drawNow();
      panel.settle();
      this.#tell("open");
    }
    if (focus || this.#modal) panel.focusInside();
  }

  #hide(): void {
    if (this.#modal) this.#panel.root.close();
    else this.#panel.root.removeAttribute("open");
    this.#host.launcher.hidden = false;
  }

  /** Tells the site, which may measure or arrange itself by it; nothing of the conversation is told. */
  #tell(what: "open" | "close"): void {
    this.#host.element.dispatchEvent(new CustomEvent(`frontdesk-${what}`));
  }

  #holdsFocus(): boolean {
    return this.#host.root.activeElement !== null;
  }

  /** The window became a phone's or stopped being one while the panel was open. */
  #fit(): void {
    if (!this.isOpen || this.#modal === this.#host.phone.matches) return;
    const hadFocus = this.#holdsFocus();
    this.#hide();
    this.#show(hadFocus);
  }

  /** iOS lays its keyboard over the page without resizing it: the panel keeps to what can be seen. */
  #fitKeyboard(): void {
    const viewport = window.visualViewport;
    const { style } = this.#panel.root;
    if (viewport === null) return;
    if (this.isOpen && this.#modal && viewport.scale <= 1.01) {
      style.setProperty("--visible-height", `${viewport.height}px`);
      style.setProperty("--visible-top", `${viewport.offsetTop}px`);
    } else {
      style.removeProperty("--visible-height");
      style.removeProperty("--visible-top");
    }
  }

  #askConfig(): void {
    if (this.#configAsked) return;
    this.#configAsked = true;
    let failures = 0;
    const ask = async (): Promise<void> => {
      try {
        this.#config = await this.#api.config();
      } catch {
        failures += 1;
        if (failures < 8) setTimeout(() => void ask(), Math.min(1_000 * 2 ** failures, 30_000));
        return;
      }
      if (this.#host.settings.title === null) this.#panel.title = words.title({ name: this.#config.name });
      this.#uploads.rules = this.#config.files;
      this.#draw();
    };
    void ask();
  }

  /** Draws at once what changes now and then, and in one go what changes all the time. */
  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    const draw = (): void => {
      this.#drawing = false;
      this.#drawNow();
      this.#drawnAt = performance.now();
    };
    const wait = this.#drawnAt + DRAWING_PAUSE - performance.now();
    if (wait > 0) setTimeout(draw, wait);
    else queueMicrotask(draw);
  }

  #drawNow(): void {
    const { snapshot } = this.#conversation;
    if (snapshot.consentMissing && this.#config?.consent === null && this.#configAsked) {
      // The notice is newer than what we know of it.
      this.#configAsked = false;
      this.#askConfig();
    }
    const notice = this.#config?.consent ?? null;
    const consents = notice !== null && this.#sessions.load() === null && this.#local.get(CONSENT) !== notice.version;
    this.#panel.render(snapshot, this.#config, { consents, sound: this.#local.get(SOUND) === "1" });
    const seen = this.isOpen && !document.hidden;
    this.#host.unread(seen ? 0 : snapshot.unread);
    const last = snapshot.messages.at(-1);
    if (last !== undefined && last.seq > this.#lastHeard) {
      const news = this.#lastHeard > 0 && last.from !== "applicant" && last.from !== "system";
      this.#lastHeard = last.seq;
      this.#activeAt = Date.now();
      if (news && !this.isOpen) this.#host.announce(words.newMessage({ name: last.name ?? this.#config?.name ?? "CHHA" }));
      if (news && !(seen && document.hasFocus()) && this.#local.get(SOUND) === "1") chime();
    } else if (last === undefined) this.#lastHeard = 0;
    if (seen) this.#conversation.markRead();
  }
}

/** Runs the task under a lock; without one where the browser refuses: the server's client ids still keep order. */
async function locked<T>(request: (work: () => Promise<void>) => Promise<unknown>, task: () => Promise<T>): Promise<T> {
  const begun: Promise<T>[] = [];
  try {
    await request(async () => {
      begun.push(task());
      await begun[0];
    });
  } catch {
    // A task that fails says so itself, by the promise that is handed on.
  }
  return begun[0] ?? task();
}

/** A random id; `randomUUID` exists on https and on loopback only, and some sites still run on plain http. */
function newId(): string {
  const maker = crypto as { randomUUID?: () => string };
  if (maker.randomUUID !== undefined) return maker.randomUUID.call(crypto);
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
