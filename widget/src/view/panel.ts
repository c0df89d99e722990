// View room, the panel: the dialog with its header, notices, log and composer. It draws snapshots and passes wishes on;
// it keeps no conversation of its own.

import { present } from "../acts";
import type { Snapshot } from "../conversation";
import { markdown } from "../markdown";
import type { Choice, WidgetConfig } from "../protocol";
import { type MessageRow, type Row, timeline } from "../timeline";
import { words } from "../words";
import { Composer } from "./composer";
import { button, focusedWithin, make, setText } from "./dom";
import { icon } from "./icons";
import type { MessageActions } from "./message";
import { TimelineList } from "./timeline";

/** What the panel asks of the one who owns it. */
export interface PanelActions {
  readonly close: () => void;
  readonly send: (text: string) => void;
  readonly choose: (choice: Choice, label: string) => void;
  readonly retry: (clientId: string) => void;
  readonly discard: (clientId: string) => void;
  readonly restart: () => void;
  readonly draft: (text: string) => void;
}

/** Closer to the end than this counts as reading the newest message. */
const NEAR_END = 80;
/** A short break in the connection is nobody's concern: the notice comes after this many milliseconds. */
const TROUBLE_AFTER = 4_000;

export class Panel {
  readonly root: HTMLDialogElement;
  readonly composer: Composer;
  readonly #actions: PanelActions;
  readonly #title = make("h2", { id: "title", tabindex: "-1" });
  readonly #holder = make("p", { class: "holder", role: "status", "data-testid": "holder" });
  readonly #holderText = make("span");
  readonly #notice = make("div", { class: "notice", role: "status", "data-testid": "notice" });
  readonly #announcer = make("div", { class: "hidden", role: "status" });
  readonly #log: HTMLElement;
  readonly #intro = make("div", { class: "intro" });
  readonly #list: TimelineList;
  readonly #typing: HTMLElement;
  readonly #newest: HTMLButtonElement;
  readonly #menu: HTMLElement;
  readonly #menuButton: HTMLButtonElement;
  readonly #confirm: HTMLElement;
  readonly #ended: HTMLElement;
  readonly #starters: HTMLElement;
  #autoTop = -1;
  #introDrawn = "";
  #hadLoaded = true;
  #downSince: number | null = null;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;
  #snapshot: Snapshot | null = null;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(actions: PanelActions) {
    this.#actions = actions;
    const messageActions: MessageActions = {
      say: actions.send,
      choose: actions.choose,
      retry: actions.retry,
      discard: actions.discard,
      announce: (text) => this.announce(text),
      focusField: () => this.#focusAfterPress(),
    };
    this.#list = new TimelineList(messageActions);
    this.composer = new Composer(
      (text) => {
        this.#autoTop = -1;
        this.#scrollToEnd();
        actions.send(text);
      },
      actions.draft,
    );
    this.#typing = make(
      "div",
      { class: "typing", "aria-hidden": "true", "data-testid": "typing", hidden: true },
      make("span", { class: "avatar" }, icon("mark")),
      make("span", { class: "dots" }, make("i"), make("i"), make("i")),
    );
    this.#starters = make("div", { class: "chips starters", role: "group", "aria-label": words.starterLabel, "data-testid": "starters" });
    for (const text of words.starters) {
      this.#starters.append(
        button({ class: "chip" }, () => {
          actions.send(text);
          this.#focusAfterPress();
        }, text),
      );
    }
    this.#log = make(
      "div",
      { class: "log", role: "log", "aria-label": words.log, "aria-relevant": "additions", "aria-live": "polite", tabindex: "0", "data-testid": "log" },
      this.#intro,
      this.#list.root,
      this.#typing,
    );
    this.#newest = button({ class: "newest", "aria-label": words.newest, hidden: true, "data-testid": "newest" }, () => this.#toNewest(), icon("down"));
    this.#log.addEventListener("scroll", () => this.#showNewest(), { passive: true });

    this.#menu = make(
      "div",
      { class: "menu", id: "menu", hidden: true },
      button({ class: "menu-item", "data-testid": "restart" }, () => this.#askRestart(), icon("retry"), words.startOver),
    );
    this.#menuButton = button(
      { class: "icon-button", "aria-label": words.menu, "aria-expanded": "false", "aria-controls": "menu", "data-testid": "menu" },
      () => this.#toggleMenu(this.#menu.hidden !== false),
      icon("more"),
    );
    this.#confirm = make(
      "div",
      { class: "confirm", role: "group", "aria-label": words.startOver, hidden: true },
      make("p", {}, words.startOverQuestion),
      button({ class: "small-button", "data-testid": "restart-confirm" }, () => this.#restart(), words.startOverYes),
      button({ class: "text-button" }, () => this.#endConfirm(), words.cancel),
    );
    this.#ended = make(
      "div",
      { class: "ended", hidden: true },
      make("p", {}, words.closed),
      button({ class: "small-button" }, () => this.#restart(), words.startOver),
    );
    this.#holder.append(make("span", { class: "dot", "aria-hidden": "true" }), this.#holderText);
    this.root = make(
      "dialog",
      { class: "panel", part: "panel", role: "dialog", "aria-labelledby": "title", "data-testid": "panel" },
      make(
        "div",
        { class: "head" },
        make("span", { class: "logo", "aria-hidden": "true" }, icon("mark")),
        make("div", { class: "names" }, this.#title, this.#holder),
        this.#menuButton,
        button({ class: "icon-button", "aria-label": words.closeChat, "data-testid": "close" }, actions.close, icon("close")),
        this.#menu,
      ),
      this.#notice,
      make("div", { class: "middle" }, this.#log, this.#newest),
      this.#confirm,
      this.#ended,
      this.composer.root,
      this.#announcer,
    );
    this.root.addEventListener("keydown", (event) => this.#key(event));
    // In its modal form the browser itself closes on Escape and on Android's back gesture: it asks us first.
    this.root.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#escape();
    });
    this.root.addEventListener("click", (event) => {
      const target = event.target as Node;
      if (!this.#menu.hidden && !this.#menu.contains(target) && !this.#menuButton.contains(target)) this.#toggleMenu(false);
    });
  }

  set title(text: string) {
    setText(this.#title, text);
  }

  /** Puts the focus inside: into the field, or onto the title where a field would call up a keyboard. */
  focusInside(): void {
    if (touch()) this.#title.focus({ preventScroll: true });
    else this.composer.focus();
  }

  announce(text: string): void {
    setText(this.#announcer, "");
    // Cleared first and set later, so that the same words twice are said twice.
    setTimeout(() => setText(this.#announcer, text), 50);
  }

  render(snapshot: Snapshot, config: WidgetConfig | null): void {
    this.#snapshot = snapshot;
    const rows = timeline(snapshot);
    const follows = this.#follows();
    const historyArrives = snapshot.loaded && !this.#hadLoaded && rows.length > 0;
    this.#hadLoaded = snapshot.loaded;
    if (!snapshot.loaded || historyArrives) this.#silence();
    this.#drawIntro(snapshot, config, rows.length === 0);
    this.#list.render(rows);
    this.#drawState(snapshot);
    this.#drawNotice(snapshot);
    this.composer.ask(askedField(rows));
    this.composer.limit = config?.max_text ?? 4000;
    if (follows) this.#settle(historyArrives);
    this.#showNewest();
  }

  /** After opening or a change of size: what was last read stays in view. */
  settle(): void {
    this.#settle(true);
    this.#showNewest();
  }

  /** True when the newest message is on screen. */
  get atEnd(): boolean {
    return this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < NEAR_END;
  }

  #drawIntro(snapshot: Snapshot, config: WidgetConfig | null, empty: boolean): void {
    const drawn = JSON.stringify([config, empty, snapshot.loaded, snapshot.renewed]);
    if (drawn === this.#introDrawn) return;
    this.#introDrawn = drawn;
    const hadFocus = focusedWithin(this.#intro);
    const parts: Node[] = [];
    if (snapshot.renewed) parts.push(make("p", { class: "system-note", "data-testid": "renewed" }, words.renewed));
    if (config !== null && config.greeting !== "") {
      parts.push(
        make(
          "div",
          { class: "row", "data-from": "bot", "data-last": true, "data-testid": "greeting" },
          make("span", { class: "avatar", "aria-hidden": "true" }, icon("mark")),
          make("div", { class: "stack" }, make("div", { class: "bubble" }, make("div", { class: "text", dir: "auto" }, markdown(config.greeting)))),
        ),
      );
    }
    if (config !== null && empty && snapshot.loaded) {
      parts.push(this.#starters);
      if (config.hours !== null) parts.push(make("p", { class: "aside", "data-testid": "hours" }, words.hours(config.hours, new Date())));
      if (config.consent_notice !== null) {
        parts.push(make("div", { class: "aside consent", role: "note", "aria-label": words.consentLabel, "data-testid": "consent" }, markdown(config.consent_notice)));
      }
    }
    if (!snapshot.loaded) parts.push(make("p", { class: "system-note" }, words.loading));
    this.#intro.replaceChildren(...parts);
    if (hadFocus) this.composer.focus();
  }

  #drawState(snapshot: Snapshot): void {
    const { state, connection } = snapshot;
    this.#holder.dataset.holder = state.holder;
    setText(this.#holderText, words.holder(state));
    this.root.dataset.connection = connection;
    // While nothing reaches us we do not know whether the bot still works: then no dots.
    const hears = connection === "live" || connection === "polling";
    this.#typing.hidden = !(state.working && hears && state.holder === "bot");
    this.#ended.hidden = state.holder !== "closed" || !this.#confirm.hidden;
  }

  #drawNotice(snapshot: Snapshot): void {
    clearTimeout(this.#noticeTimer);
    const now = Date.now();
    const down = snapshot.connection === "down" || snapshot.pending.some((item) => item.state === "waiting");
    this.#downSince = down ? (this.#downSince ?? now) : null;
    let text = "";
    let again = 0;
    if (!navigator.onLine) text = words.offline;
    else if (snapshot.pausedUntil !== null && snapshot.pausedUntil > now) {
      text = words.pausedFor(Math.ceil((snapshot.pausedUntil - now) / 1_000));
      // Counting down each second would be read out each second.
      again = 5_000;
    } else if (this.#downSince !== null) {
      const since = now - this.#downSince;
      if (since >= TROUBLE_AFTER) text = words.down;
      else again = TROUBLE_AFTER - since;
    }
    setText(this.#notice, text);
    this.#notice.toggleAttribute("data-shown", text !== "");
    if (again > 0) this.#noticeTimer = setTimeout(() => this.#snapshot !== null && this.#drawNotice(this.#snapshot), again);
  }

  /** A whole history is not news: while it is filled in, the log keeps quiet. */
  #silence(): void {
    clearTimeout(this.#silenceTimer);
    this.#log.setAttribute("aria-live", "off");
    this.#silenceTimer = setTimeout(() => this.#log.setAttribute("aria-live", "polite"), 500);
  }

  #follows(): boolean {
    return this.atEnd || this.#log.scrollTop === this.#autoTop;
  }

  /**
   * Moves on to the newest message, but not so far that the beginning of a reply leaves the view: one that is longer
   * than the panel is read from its first line. Never moves back.
   *
   * @param whole a whole history was filled in: it is read from its end
   */
  #settle(whole: boolean): void {
    // Before the first message the greeting is what there is to read.
    if (this.#list.root.childElementCount === 0) return;
    const end = Math.max(this.#log.scrollHeight - this.#log.clientHeight, 0);
    const reply = whole ? null : this.#list.newestReply();
    const target = reply instanceof HTMLElement ? Math.min(end, Math.max(reply.offsetTop - 12, 0)) : end;
    this.#log.scrollTop = Math.max(this.#log.scrollTop, target);
    this.#autoTop = this.#log.scrollTop;
  }

  #scrollToEnd(): void {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#autoTop = this.#log.scrollTop;
  }

  #toNewest(): void {
    this.#scrollToEnd();
    this.#log.focus({ preventScroll: true });
  }

  #showNewest(): void {
    const away = !this.atEnd && this.#log.clientHeight > 0;
    if (!away && focusedWithin(this.#newest)) this.#log.focus({ preventScroll: true });
    this.#newest.hidden = !away;
  }

  /** A pressed button goes away: the focus moves on to where writing continues, without calling up a keyboard. */
  #focusAfterPress(): void {
    if (touch()) this.#log.focus({ preventScroll: true });
    else this.composer.focus();
  }

  #toggleMenu(open: boolean): void {
    this.#menu.hidden = !open;
    this.#menuButton.setAttribute("aria-expanded", String(open));
    if (open) this.#menu.querySelector("button")?.focus();
  }

  #askRestart(): void {
    this.#toggleMenu(false);
    this.#confirm.hidden = false;
    this.#ended.hidden = true;
    this.#confirm.querySelector("button")?.focus();
  }

  #endConfirm(): void {
    this.#confirm.hidden = true;
    if (this.#snapshot !== null) this.#drawState(this.#snapshot);
    this.#menuButton.focus();
  }

  #restart(): void {
    this.#confirm.hidden = true;
    this.#actions.restart();
    this.composer.focus();
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    this.#escape();
  }

  #escape(): void {
    if (!this.#menu.hidden) {
      this.#toggleMenu(false);
      this.#menuButton.focus();
    } else if (!this.#confirm.hidden) this.#endConfirm();
    else this.#actions.close();
  }
}

/** Devices whose keyboard is on the screen: focusing a field there hides half of it. */
function touch(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}

/** The form's field that the bot's newest, unanswered message asks for. */
function askedField(rows: readonly Row[]): string | null {
  const row = rows.findLast((row): row is MessageRow => row.kind === "message" && row.active);
  const shown = present(row?.message?.act ?? null);
  return shown.act === "question" && shown.options.length === 0 ? shown.field : null;
}
