// View room, the element: `<chha-frontdesk>` joins the conversation to the page: launcher, panel, browser events.
// Everything that touches the page outside of the shadow tree is in this module, and only here.

import { Api } from "../api";
import { Conversation, type Surroundings } from "../conversation";
import { type Pace, TIMING } from "../delivery";
import { Outbox } from "../outbox";
import type { Choice, WidgetConfig } from "../protocol";
import { readSettings, type Settings } from "../settings";
import { concernsOutbox, concernsRead, concernsSession, openArea, PREFIX, SessionStore, Storage } from "../storage";
import { words } from "../words";
import { button, make, setText } from "./dom";
import { icon } from "./icons";
import { Panel } from "./panel";
import styles from "./widget.css?inline";

export const TAG = "chha-frontdesk";

/** Narrow or low screens show the panel in full and the page behind it at rest. */
const PHONE = "(max-width: 480px), (max-height: 440px)";
/** A hidden page lets go of its stream after this long: browsers allow few connections to one server. */
const HIDDEN_GRACE = 30_000;
/** A quiet conversation behind a closed panel is looked at now and then instead of being streamed. */
const QUIET_AFTER = 10 * 60_000;

export class FrontdeskElement extends HTMLElement {
  /** Where the script came from; set once by the entry before the element is defined. */
  static origin = location.origin;

  #conversation: Conversation | null = null;
  #settings: Settings | null = null;
  #panel: Panel | null = null;
  #launcher: HTMLButtonElement | null = null;
  #badge: HTMLElement | null = null;
  #announcer: HTMLElement | null = null;
  #config: WidgetConfig | null = null;
  #configAsked = false;
  #drawing = false;
  #modal = false;
  #returnTo: HTMLElement | null = null;
  #hiddenSince: number | null = document.hidden ? Date.now() : null;
  #activeAt = Date.now();
  #lastHeard = 0;
  #api: Api | null = null;
  readonly #local = new Storage(openArea("localStorage"));
  readonly #tab = new Storage(openArea("sessionStorage"));
  readonly #phone = matchMedia(PHONE);
  #listening = new AbortController();

  connectedCallback(): void {
    if (this.#conversation !== null) {
      this.#listen();
      this.#conversation.resume();
      return;
    }
    const first = document.querySelector(TAG);
    if (first !== null && first !== this) {
      console.warn("CHHA front desk: this page already has the widget; the second one is left out.");
      return;
    }
    const settings = readSettings(this, FrontdeskElement.origin);
    this.#settings = settings;
    this.#build(settings);
    this.#api = new Api(settings.server, (input, init) => fetch(input, init));
    this.#conversation = new Conversation({
      api: this.#api,
      sessions: new SessionStore(this.#local, settings.server),
      outbox: new Outbox(this.#local),
      timing: TIMING,
      surroundings: this.#surroundings(),
      explain: words.refusal,
      onChange: () => this.#draw(),
    });
    this.#listen();
    this.#conversation.start();
    const wasOpen = this.#tab.get("open");
    // On a phone the panel would cover the page that the visitor has just gone to.
    if (wasOpen === "1" ? !this.#phone.matches : settings.open && wasOpen !== "0") this.#show(false);
    this.#draw();
  }

  disconnectedCallback(): void {
    this.#listening.abort();
    this.#conversation?.suspend();
  }

  get isOpen(): boolean {
    return this.#panel?.root.open ?? false;
  }

  /** Opens the panel and moves the focus into it. @param text words to put into the empty field */
  open(text = ""): void {
    this.#show(true);
    if (text !== "" && this.#panel !== null && this.#panel.composer.text.trim() === "") this.#panel.composer.text = text;
  }

  /** Closes the panel and gives the focus back. */
  close(): void {
    const panel = this.#panel;
    if (!panel?.root.open) return;
    const hadFocus = this.#holdsFocus();
    this.#hide(panel);
    this.#tab.set("open", "0");
    this.#draw();
    // Only if the focus was here: closing must not pull a visitor away from where they are on the page.
    if (hadFocus) (this.#returnTo?.isConnected === true ? this.#returnTo : this.#launcher)?.focus();
    this.#returnTo = null;
  }

  #build(settings: Settings): void {
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [sheet];
    if (settings.accent !== null) {
      const { fill, onFill, textOnLight, textOnDark } = settings.accent;
      const accent = new CSSStyleSheet();
      accent.replaceSync(
        `:host{--chha-accent:${fill};--chha-on-accent:${onFill};--chha-link:${textOnLight};--chha-link-dark:${textOnDark}}`,
      );
      root.adoptedStyleSheets.push(accent);
    }
    this.#badge = make("span", { class: "badge", "aria-hidden": "true", hidden: true });
    this.#launcher = button(
      { class: "launcher", part: "launcher", "aria-label": words.openChat, "aria-haspopup": "dialog", "data-testid": "launcher" },
      () => this.open(),
      icon("chat"),
      make("span", { class: "launcher-text", "aria-hidden": "true" }, words.launcher),
      this.#badge,
    );
    this.#announcer = make("div", { class: "hidden", role: "status" });
    this.#panel = new Panel({
      close: () => this.close(),
      send: (text) => this.#act((conversation) => conversation.send(text)),
      choose: (choice: Choice, label: string) => this.#act((conversation) => conversation.choose(choice, label)),
      retry: (id) => this.#act((conversation) => conversation.retry(id)),
      discard: (id) => this.#act((conversation) => conversation.discard(id)),
      restart: () => this.#act((conversation) => conversation.restart()),
      draft: (text) => (text === "" ? this.#tab.remove("draft") : this.#tab.set("draft", text)),
    });
    this.#panel.title = settings.title ?? words.title("CHHA");
    this.#panel.composer.text = this.#tab.get("draft") ?? "";
    root.append(make("div", { class: "frame", dir: "ltr", lang: "en" }, this.#launcher, this.#panel.root, this.#announcer));
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
    if (this.isOpen || this.#conversation === null) return "live";
    const { state } = this.#conversation.snapshot;
    const expecting = state.holder === "queued" || state.holder === "assigned";
    return expecting || now - this.#activeAt < QUIET_AFTER ? "live" : "idle";
  }

  #act(task: (conversation: Conversation) => void): void {
    this.#activeAt = Date.now();
    if (this.#conversation !== null) task(this.#conversation);
  }

  #listen(): void {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const on = (target: EventTarget, type: string, act: (event: Event) => void): void =>
      target.addEventListener(type, act, { signal });
    const wake = (): void => {
      this.#conversation?.wake();
      this.#draw();
    };
    on(window, "online", wake);
    on(window, "offline", () => this.#draw());
    on(window, "pageshow", () => this.#conversation?.resume());
    // An open stream would keep the page out of the back/forward cache.
    on(window, "pagehide", () => this.#conversation?.suspend());
    on(document, "visibilitychange", () => {
      this.#hiddenSince = document.hidden ? Date.now() : null;
      if (document.hidden) setTimeout(() => this.#conversation?.wake(), HIDDEN_GRACE + 1_000);
      else wake();
    });
    on(window, "storage", (event) => {
      const { key } = event as StorageEvent;
      if (concernsSession(key)) this.#conversation?.sessionChangedElsewhere();
      if (concernsOutbox(key)) this.#conversation?.outboxChangedElsewhere();
      if (concernsRead(key)) this.#draw();
    });
    // A site can open the chat from any of its own links or buttons, without a script of its own.
    on(document, "click", (event) => {
      const target = event.target instanceof Element ? event.target.closest("[data-frontdesk-open]") : null;
      if (target === null) return;
      event.preventDefault();
      this.open(target.getAttribute("data-frontdesk-open") ?? "");
    });
    on(this.#phone, "change", () => this.#fit());
    if (window.visualViewport !== null) {
      on(window.visualViewport, "resize", () => this.#fitKeyboard());
      on(window.visualViewport, "scroll", () => this.#fitKeyboard());
    }
  }

  #show(focus: boolean): void {
    const panel = this.#panel;
    if (panel === null || this.#launcher === null) return;
    if (!panel.root.open) {
      const active = document.activeElement;
      this.#returnTo = focus && active instanceof HTMLElement && active !== this && active !== document.body ? active : null;
      this.#modal = this.#phone.matches;
      // `show()` would take the focus in any case; the attribute leaves it where it is.
      if (this.#modal) panel.root.showModal();
      else panel.root.setAttribute("open", "");
      panel.root.setAttribute("aria-modal", String(this.#modal));
      this.#launcher.hidden = true;
      this.#tab.set("open", "1");
      this.#activeAt = Date.now();
      this.#askConfig();
      this.#conversation?.wake();
      this.#fitKeyboard();
      this.#drawNow();
      panel.settle();
    }
    if (focus || this.#modal) panel.focusInside();
  }

  #hide(panel: Panel): void {
    if (this.#modal) panel.root.close();
    else panel.root.removeAttribute("open");
    if (this.#launcher !== null) this.#launcher.hidden = false;
  }

  #holdsFocus(): boolean {
    return (this.shadowRoot?.activeElement ?? null) !== null;
  }

  /** The window became a phone's or stopped being one while the panel was open. */
  #fit(): void {
    const panel = this.#panel;
    if (panel === null || !panel.root.open || this.#modal === this.#phone.matches) return;
    const hadFocus = this.#holdsFocus();
    this.#hide(panel);
    this.#show(hadFocus);
  }

  /** iOS lays its keyboard over the page without resizing it: the panel keeps to what can be seen. */
  #fitKeyboard(): void {
    const viewport = window.visualViewport;
    const style = this.#panel?.root.style;
    if (viewport === null || style === undefined) return;
    if (this.isOpen && this.#modal && viewport.scale <= 1.01) {
      style.setProperty("--visible-height", `${viewport.height}px`);
      style.setProperty("--visible-top", `${viewport.offsetTop}px`);
    } else {
      style.removeProperty("--visible-height");
      style.removeProperty("--visible-top");
    }
  }

  #askConfig(): void {
    const api = this.#api;
    if (this.#configAsked || api === null) return;
    this.#configAsked = true;
    let failures = 0;
    const ask = async (): Promise<void> => {
      try {
        this.#config = await api.config();
      } catch {
        failures += 1;
        if (failures < 8) setTimeout(() => void ask(), Math.min(1_000 * 2 ** failures, 30_000));
        return;
      }
      if (this.#panel !== null && this.#settings?.title === null) this.#panel.title = words.title(this.#config.name);
      this.#draw();
    };
    void ask();
  }

  /** Draws once for any number of changes made in one go. */
  #draw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.#drawNow();
    });
  }

  #drawNow(): void {
    const conversation = this.#conversation;
    if (conversation === null || this.#panel === null) return;
    const snapshot = conversation.snapshot;
    this.#panel.render(snapshot, this.#config);
    const seen = this.isOpen && !document.hidden;
    this.#drawLauncher(seen ? 0 : snapshot.unread);
    const last = snapshot.messages.at(-1);
    if (last !== undefined && last.seq > this.#lastHeard) {
      const news = this.#lastHeard > 0 && last.from !== "applicant" && last.from !== "system";
      this.#lastHeard = last.seq;
      this.#activeAt = Date.now();
      if (news && !this.isOpen && this.#announcer !== null) {
        setText(this.#announcer, "");
        setText(this.#announcer, words.newMessage(last.name ?? this.#config?.name ?? "CHHA"));
      }
    } else if (last === undefined) this.#lastHeard = 0;
    if (seen) conversation.markRead();
  }

  #drawLauncher(unread: number): void {
    if (this.#launcher === null || this.#badge === null) return;
    this.#launcher.setAttribute("aria-label", unread > 0 ? words.openChatUnread(unread) : words.openChat);
    setText(this.#badge, unread > 9 ? "9+" : String(unread));
    this.#badge.hidden = unread === 0;
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
