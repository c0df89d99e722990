// View room, the element: `<chha-frontdesk>` is the launcher on the page, and loads the panel when it is wanted. This is
// what every visitor of a site loads, so it imports little: no conversation, no words but the launcher's.

import { readSettings, type Settings } from "../settings";
import { concernsOutbox, LANGUAGE, OPEN, OUTBOX } from "../kept";
import { openArea, Storage } from "../storage";
import type { Language } from "../words/catalogue";
import { choose } from "../words/choice";
import { LAUNCHER } from "../words/launcher";
import { button, make, setText } from "./dom";
import { drawing } from "./drawing";
import styles from "./launcher.css?inline";

export const TAG = "chha-frontdesk";

/** Narrow or low screens show the panel in full and the page behind it at rest. */
const PHONE = "(max-width: 480px), (max-height: 440px)";

/** A speech bubble. */
const CHAT = "M21 11.5a8.4 8.4 0 0 1-8.5 8.3 8.7 8.7 0 0 1-3.9-.9L3 20.5l1.7-5a8.1 8.1 0 0 1-.9-4A8.4 8.4 0 0 1 12.3 3.2h.5A8.4 8.4 0 0 1 21 11v.5Z";

/** What the panel gets from the element. */
export interface Host {
  readonly element: HTMLElement;
  readonly root: ShadowRoot;
  /** Holds launcher and panel; carries language and direction. */
  readonly frame: HTMLElement;
  readonly launcher: HTMLButtonElement;
  readonly settings: Settings;
  readonly language: Language;
  readonly phone: MediaQueryList;
  unread(count: number): void;
  announce(text: string): void;
  speak(language: Language): void;
}

/** What the element asks of the panel. */
export interface App {
  readonly isOpen: boolean;
  open(focus: boolean, text?: string): void;
  close(): void;
  suspend(): void;
  resume(): void;
  identify(token: string | null): void;
  clear(): void;
}

export interface AppModule {
  readonly start: (host: Host) => Promise<App>;
}

// Imported where there is no browser (a site rendered on a server) the class must still be there.
const Base = (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? (Object as unknown as typeof HTMLElement);

export class FrontdeskElement extends Base {
  /** Where the front desk is when the element does not say so. */
  static origin = "";
  /** Loads the panel; set by the entry. @param attempt counts up, so that a failed load is not remembered */
  static load: (attempt: number) => Promise<AppModule> = () => Promise.reject(new Error("no panel"));

  /** The one element that works on this page. */
  static #present: FrontdeskElement | null = null;

  #host: Host | null = null;
  #app: App | null = null;
  #loading: Promise<App> | null = null;
  #attempts = 0;
  #wanted: { focus: boolean; text: string } | null = null;
  #listening: AbortController | null = null;

  connectedCallback(): void {
    this.#listening = new AbortController();
    if (this.#host !== null) {
      this.#listen(this.#listening.signal);
      this.#app?.resume();
      return;
    }
    const present = FrontdeskElement.#present;
    if (present?.isConnected === true && present !== this) {
      console.warn("CHHA front desk: a page can have one widget; this one is left out.");
      return;
    }
    FrontdeskElement.#present = this;
    this.#host = this.#build(readSettings(this, FrontdeskElement.origin === "" ? location.origin : FrontdeskElement.origin));
    this.#listen(this.#listening.signal);
    const tab = new Storage(openArea("sessionStorage")).get(OPEN);
    const { settings, phone } = this.#host;
    // On a phone the panel would cover the page that the visitor has just gone to.
    if (tab === "1" ? !phone.matches : settings.open && tab !== "0") void this.#show(false);
    else if (this.#hasThread() || settings.greetings.length > 0 || settings.identity !== null) whenIdle(() => void this.#start());
    // Else it is fetched ahead while the page is at rest, so that a press is answered at once.
    else if (!savesData()) whenIdle(() => void FrontdeskElement.load(0).catch(() => undefined));
  }

  disconnectedCallback(): void {
    this.#listening?.abort();
    this.#app?.suspend();
  }

  get isOpen(): boolean {
    return this.#app?.isOpen ?? false;
  }

  /** Opens the panel and moves the focus into it. @param text words to put into the empty field */
  open(text = ""): void {
    void this.#show(true, text);
  }

  /** Closes the panel and gives the focus back. */
  close(): void {
    this.#wanted = null;
    this.#app?.close();
  }

  /** Tells who the site's signed-in person is (a JWT that the site's server signed); null when nobody is any more. */
  identify(token: string | null): void {
    void this.#start().then((app) => app.identify(token));
  }

  /** Forgets everything that is kept on this device: conversation, unsent messages, choices. */
  clear(): void {
    void this.#start().then((app) => app.clear());
  }

  #hasThread(): boolean {
    const local = new Storage(openArea("localStorage"));
    return local.get("session") !== null || local.keys(OUTBOX).length > 0;
  }

  async #show(focus: boolean, text = ""): Promise<void> {
    this.#wanted = { focus: focus || this.#wanted?.focus === true, text: text === "" ? (this.#wanted?.text ?? "") : text };
    const app = await this.#start();
    // Closed again meanwhile: then it stays closed.
    const wanted = this.#wanted as { focus: boolean; text: string } | null;
    if (wanted === null) return;
    this.#wanted = null;
    app.open(wanted.focus, wanted.text);
  }

  /** The panel, loaded once. While the network fails it is tried again, less and less often. */
  #start(): Promise<App> {
    const host = this.#host;
    if (host === null) return new Promise(() => undefined);
    this.#loading ??= (async () => {
      for (;;) {
        host.launcher.setAttribute("aria-busy", "true");
        try {
          const { start } = await FrontdeskElement.load(this.#attempts);
          this.#app = await start(host);
          return this.#app;
        } catch (error) {
          console.warn("CHHA front desk: the panel could not be loaded; trying again.", error);
          this.#attempts += 1;
          if (this.#wanted !== null) host.announce(LAUNCHER[host.language].away);
          await new Promise((again) => setTimeout(again, Math.min(500 * 2 ** this.#attempts, 30_000) * (0.5 + Math.random() / 2)));
        } finally {
          host.launcher.removeAttribute("aria-busy");
        }
      }
    })();
    return this.#loading;
  }

  #listen(signal: AbortSignal): void {
    // A site can open the chat from any of its own links or buttons, without a script of its own.
    document.addEventListener(
      "click",
      (event) => {
        const target = event.target instanceof Element ? event.target.closest("[data-frontdesk-open]") : null;
        if (target === null) return;
        event.preventDefault();
        this.open(target.getAttribute("data-frontdesk-open") ?? "");
      },
      { signal },
    );
    // Another tab began a conversation: this one shows its news, too.
    window.addEventListener(
      "storage",
      ({ key }) => {
        if (this.#app === null && key !== null && (concernsOutbox(key) || key.endsWith(":session"))) void this.#start();
      },
      { signal },
    );
  }

  #build(settings: Settings): Host {
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
    const badge = make("span", { class: "badge", "aria-hidden": "true", hidden: true });
    const label = make("span", { class: "launcher-text", "aria-hidden": "true" });
    const launcher = button(
      { class: "launcher", part: "launcher", "aria-haspopup": "dialog", "data-testid": "launcher" },
      () => this.open(),
      drawing("chat", CHAT),
      label,
      badge,
    );
    // Who moves towards the button will press it: the panel is fetched meanwhile.
    const ahead = (): void => void FrontdeskElement.load(this.#attempts).catch(() => undefined);
    for (const sign of ["pointerenter", "focus", "touchstart"]) {
      launcher.addEventListener(sign, ahead, { once: true, passive: true });
    }
    const announcer = make("div", { class: "hidden", role: "status" });
    const frame = make("div", { class: "frame" }, launcher, announcer);
    let count = 0;
    const stored = new Storage(openArea("localStorage")).get(LANGUAGE);
    const host = {
      element: this as HTMLElement,
      root,
      frame,
      launcher,
      settings,
      language: choose([stored, settings.language, document.documentElement.lang, ...navigator.languages]),
      phone: matchMedia(PHONE),
      unread: (number: number): void => {
        count = number;
        const words = LAUNCHER[host.language];
        const news = (count === 1 ? words.one : null) ?? words.unread.replace("{n}", String(count));
        launcher.setAttribute("aria-label", count > 0 ? news : words.open);
        setText(badge, count > 9 ? "9+" : String(count));
        badge.hidden = count === 0;
      },
      announce: (text: string): void => {
        setText(announcer, "");
        setText(announcer, text);
      },
      speak: (language: Language): void => {
        host.language = language;
        frame.lang = language;
        frame.dir = language === "ar" ? "rtl" : "ltr";
        setText(label, LAUNCHER[language].label);
        host.unread(count);
      },
    };
    host.speak(host.language);
    root.append(frame);
    return host;
  }
}

function whenIdle(task: () => void): void {
  const rest = (): void => {
    const idle = (window as Partial<Window>).requestIdleCallback;
    if (idle === undefined) setTimeout(task, 200);
    else idle.call(window, () => task(), { timeout: 3_000 });
  };
  if (document.readyState === "complete") rest();
  else window.addEventListener("load", rest, { once: true });
}

/** Visitors who asked their browser to spare data get the panel when they press. */
function savesData(): boolean {
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}
