// View room, the panel: the dialog with its header, notices, log and composer. It draws snapshots and passes wishes on;
// it keeps no conversation of its own.

import { present } from "../acts";
import type { Snapshot } from "../conversation";
import { markdown } from "../markdown";
import type { Choice, Session, WidgetConfig } from "../protocol";
import { type MessageRow, type Row, timeline } from "../timeline";
import type { Uploads } from "../uploads";
import { SAID, words } from "../words";
import { type Language, LANGUAGES } from "../words/catalogue";
import { Composer } from "./composer";
import { button, focusedWithin, make, setText } from "./dom";
import type { Faces } from "./faces";
import { type Icon, icon } from "./icons";
import type { MessageActions } from "./message";
import { consentGate, Sheets } from "./sheets";
import { TimelineList } from "./timeline";
import { Tray } from "./tray";

/** What the panel asks of the one who owns it. */
export interface PanelActions {
  readonly close: () => void;
  readonly send: (text: string) => void;
  readonly choose: (choice: Choice, label: string) => void;
  readonly retry: (clientId: string) => void;
  readonly discard: (clientId: string) => void;
  readonly restart: () => void;
  readonly draft: (text: string) => void;
  /** A message for the team, and where an answer may also be sent. */
  readonly leave: (text: string, email: string | null) => void;
  readonly agree: (version: string) => void;
  readonly rate: (messageId: string, helpful: boolean | null) => Promise<void>;
  readonly transcript: () => Promise<Blob>;
  readonly file: (id: string) => Promise<Blob>;
  readonly mail: (email: string) => Promise<void>;
  readonly speak: (language: Language) => void;
  readonly sound: (on: boolean) => void;
  readonly openThread: (thread: Session) => void;
  readonly files: Uploads;
}

/** What is kept on the device and changes the frame. */
export interface Choices {
  /** The consent notice has not been agreed to yet. */
  readonly consents: boolean;
  readonly sound: boolean;
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
  readonly #items: Readonly<Record<"sound" | "download" | "mail" | "leave" | "earlier", HTMLButtonElement>>;
  readonly #soundText = make("span");
  readonly #typer = make("span", { class: "note" });
  readonly #sheets = new Sheets(() => this.#sheetClosed());
  readonly #tray: Tray;
  readonly #gate = make("div", { class: "place" });
  #gateDrawn = "";
  readonly #ended: HTMLElement;
  readonly #starters: HTMLElement;
  #config: WidgetConfig | null = null;
  #choices: Choices = { consents: false, sound: false };
  #document: string | null = null;
  #autoTop = -1;
  #introDrawn = "";
  #hadLoaded = true;
  #downSince: number | null = null;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;
  #snapshot: Snapshot | null = null;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(actions: PanelActions, faces: Faces, language: Language) {
    this.#actions = actions;
    const messageActions: MessageActions = {
      say: actions.send,
      choose: actions.choose,
      retry: actions.retry,
      discard: actions.discard,
      rate: actions.rate,
      save: (id, name) => void this.#saveFile(id, name),
      attach: (document) => {
        if ((this.#config?.files ?? null) === null) this.announce(words.fileKind);
        else {
          this.#document = document;
          this.composer.pick();
        }
      },
      faces,
      announce: (text) => this.announce(text),
      focusField: () => this.#focusAfterPress(),
    };
    this.#tray = new Tray(actions.files, (text) => this.announce(text), () => this.#focusAfterPress());
    this.#list = new TimelineList(messageActions);
    this.composer = new Composer({
      send: (text) => {
        this.#autoTop = -1;
        this.#scrollToEnd();
        actions.send(text);
      },
      draft: actions.draft,
      files: (files) => this.#take(files),
    });
    this.#typing = make(
      "div",
      { class: "typing", "aria-hidden": "true", "data-testid": "typing", hidden: true },
      make("span", { class: "avatar" }, icon("mark")),
      make("span", { class: "dots" }, make("i"), make("i"), make("i")),
      this.#typer,
    );
    this.#starters = make("div", { class: "chips starters", role: "group", "aria-label": words.suggestions, "data-testid": "starters" });
    const starters: [string, string][] = [
      [words.starterDifference, SAID.difference],
      [words.starterApply, SAID.apply],
      [words.starterPerson, SAID.person],
    ];
    for (const [label, said] of starters) {
      this.#starters.append(
        button({ class: "chip" }, () => {
          actions.send(said);
          this.#focusAfterPress();
        }, label),
      );
    }
    this.#log = make(
      "div",
      { class: "log", role: "log", "aria-label": words.log, "aria-relevant": "additions", "aria-live": "polite", "aria-describedby": "log-hint", tabindex: "0", "data-testid": "log" },
      this.#intro,
      this.#list.root,
      this.#typing,
    );
    this.#newest = button({ class: "newest", "aria-label": words.newest, hidden: true, "data-testid": "newest" }, () => this.#toNewest(), icon("down"));
    this.#log.addEventListener("scroll", () => this.#showNewest(), { passive: true });
    this.#log.addEventListener("keydown", (event) => this.#walk(event));

    const item = (test: string, look: Icon, label: string | Node, act: () => void): HTMLButtonElement =>
      button(
        { class: "menu-item", "data-testid": test },
        () => {
          this.#toggleMenu(false);
          act();
        },
        icon(look),
        label,
      );
    this.#items = {
      leave: item("leave", "mail", words.leave, () => this.#leaveMessage()),
      earlier: item("earlier", "clock", words.earlier, () => this.#showEarlier()),
      download: item("download", "save", words.download, () => void this.#download()),
      mail: item("mail", "mail", words.mail, () =>
        this.#openSheet(() => this.#sheets.mail(actions.mail, (text) => this.announce(text))),
      ),
      sound: item("sound", "sound", this.#soundText, () => {
        actions.sound(!this.#choices.sound);
        this.#menuButton.focus();
      }),
    };
    const languages = make("select", { class: "select", id: "language", "data-testid": "language" });
    for (const [tag, name] of Object.entries(LANGUAGES)) {
      languages.append(make("option", { value: tag, lang: tag, selected: tag === language }, name));
    }
    languages.addEventListener("change", () => actions.speak(languages.value as Language));
    this.#menu = make(
      "div",
      { class: "menu", id: "menu", hidden: true },
      item("restart", "retry", words.startOver, () => this.#openSheet(() => this.#sheets.restart(actions.restart))),
      this.#items.leave,
      this.#items.earlier,
      this.#items.download,
      this.#items.mail,
      this.#items.sound,
      make("div", { class: "menu-item" }, icon("globe"), make("label", { for: "language" }, words.languageLabel), languages),
    );
    this.#menuButton = button(
      { class: "icon-button", "aria-label": words.menu, "aria-expanded": "false", "aria-controls": "menu", "data-testid": "menu" },
      () => this.#toggleMenu(this.#menu.hidden !== false),
      icon("more"),
    );
    this.#ended = make(
      "div",
      { class: "ended", hidden: true },
      make("p", {}, words.closed),
      button(
        { class: "small-button" },
        () => {
          actions.restart();
          this.composer.focus();
        },
        words.startOver,
      ),
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
      this.#ended,
      this.#sheets.root,
      this.#gate,
      this.#tray.root,
      this.composer.root,
      make("p", { class: "hidden", id: "log-hint" }, words.logHint),
      make("div", { class: "drop", "aria-hidden": "true" }, icon("file"), words.dropHere),
      this.#announcer,
    );
    this.#catchDrops();
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
    const agree = this.#gate.querySelector("button");
    if (this.#choices.consents && agree !== null) agree.focus();
    else if (touch()) this.#title.focus({ preventScroll: true });
    else this.composer.focus();
  }

  announce(text: string): void {
    setText(this.#announcer, "");
    // Cleared first and set later, so that the same words twice are said twice.
    setTimeout(() => setText(this.#announcer, text), 50);
  }

  render(snapshot: Snapshot, config: WidgetConfig | null, choices: Choices): void {
    this.#snapshot = snapshot;
    this.#config = config;
    this.#choices = choices;
    const rows = timeline(snapshot);
    const follows = this.#follows();
    const historyArrives = snapshot.loaded && !this.#hadLoaded && rows.length > 0;
    this.#hadLoaded = snapshot.loaded;
    if (!snapshot.loaded || historyArrives) this.#silence();
    this.#drawIntro(snapshot, config, rows.length === 0);
    this.#drawChoices(snapshot, config);
    this.#tray.render();
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
    const drawn = JSON.stringify([config, empty, snapshot.loaded, snapshot.renewed, this.#choices.consents]);
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
      if (!this.#choices.consents) parts.push(this.#starters);
      if (config.hours !== null) {
        parts.push(make("p", { class: "aside", "data-testid": "hours" }, words.hours(config.hours, new Date())));
        if (!config.hours.open && !this.#choices.consents) {
          parts.push(
            make("p", { class: "aside" }, button({ class: "text-button", "data-testid": "leave-offer" }, () => this.#leaveMessage(), words.leave)),
          );
        }
      }
      if (words.assistantLanguage !== "") parts.push(make("p", { class: "aside" }, words.assistantLanguage));
      if (config.notice !== null) {
        parts.push(
          make(
            "div",
            { class: "aside consent", role: "note", "aria-label": words.beginning, "data-testid": "consent" },
            make("div", { dir: "auto" }, markdown(config.notice)),
          ),
        );
      }
    }
    if (!snapshot.loaded) parts.push(make("p", { class: "system-note" }, words.loading));
    this.#intro.replaceChildren(...parts);
    if (hadFocus) this.composer.focus();
  }

  #drawState(snapshot: Snapshot): void {
    const { state, connection } = snapshot;
    this.#holder.dataset.holder = state.holder;
    const typing = state.typing && state.holder === "assigned" && state.staff !== null;
    setText(this.#holderText, typing ? words.typing({ name: state.staff.name }) : words.holder(state));
    this.root.dataset.connection = connection;
    // While nothing reaches us we do not know whether the bot still works: then no dots.
    const hears = connection === "live" || connection === "polling";
    this.#typing.hidden = !(hears && (typing || (state.working && state.holder === "bot")));
    this.#typing.dataset.by = typing ? "staff" : "bot";
    setText(this.#typer, typing ? words.typing({ name: state.staff.name }) : "");
    this.#ended.hidden = state.holder !== "closed" || this.#sheets.open;
  }

  #drawChoices(snapshot: Snapshot, config: WidgetConfig | null): void {
    const notice = this.#choices.consents ? (config?.consent ?? null) : null;
    const drawn = JSON.stringify(notice);
    if (drawn !== this.#gateDrawn) {
      this.#gateDrawn = drawn;
      const hadFocus = focusedWithin(this.#gate);
      this.#gate.replaceChildren(
        ...(notice === null ? [] : [consentGate(notice, (version) => this.#actions.agree(version))]),
      );
      this.composer.root.hidden = notice !== null || this.#sheets.open;
      if (hadFocus && notice === null) this.composer.focus();
    }
    const talks = snapshot.messages.length > 0;
    this.#items.download.hidden = !talks;
    this.#items.mail.hidden = !talks || config?.mail !== true;
    this.#items.leave.hidden = config?.hours?.open !== false || this.#choices.consents || snapshot.state.holder === "assigned";
    this.#items.earlier.hidden = snapshot.threads.length < 2;
    setText(this.#soundText, this.#choices.sound ? words.soundOff : words.soundOn);
    this.composer.accepts = config?.files?.accept ?? null;
  }

  #leaveMessage(): void {
    this.#openSheet(() => this.#sheets.leave((this.#config?.max_text ?? 4000) - 300, this.#actions.leave));
  }

  #showEarlier(): void {
    const { threads, conversation } = this.#snapshot ?? { threads: [], conversation: null };
    this.#openSheet(() => this.#sheets.earlier(threads, conversation, this.#actions.openThread));
  }

  /** A sheet takes the composer's place. */
  #openSheet(show: () => void): void {
    show();
    this.composer.root.hidden = true;
    this.#ended.hidden = true;
    if (this.atEnd) this.#scrollToEnd();
  }

  #sheetClosed(): void {
    this.composer.root.hidden = this.#gateDrawn !== "" && this.#gateDrawn !== "null";
    if (this.#snapshot !== null) this.#drawState(this.#snapshot);
    if (touch()) this.#menuButton.focus();
    else this.composer.focus();
  }

  async #download(): Promise<void> {
    this.#menuButton.focus();
    try {
      save(await this.#actions.transcript(), "conversation.txt");
      this.announce(words.downloaded);
    } catch {
      this.announce(words.saveFailed);
    }
  }

  async #saveFile(id: string, name: string): Promise<void> {
    try {
      save(await this.#actions.file(id), name);
    } catch {
      this.announce(words.saveFailed);
    }
  }

  #take(files: readonly File[]): void {
    const document = this.#document;
    this.#document = null;
    const said = files.length === 0 ? "" : this.#actions.files.add(files, document);
    if (said !== "") this.announce(said);
  }

  /** Files that are dragged over the panel; the page behind must not open them instead. */
  #catchDrops(): void {
    const carries = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;
    const takes = (): boolean => (this.#config?.files ?? null) !== null && !this.#choices.consents;
    let depth = 0;
    const mark = (over: boolean): void => {
      this.root.toggleAttribute("data-drop", over);
    };
    this.root.addEventListener("dragenter", (event) => {
      if (!carries(event)) return;
      depth += 1;
      if (takes()) mark(true);
    });
    this.root.addEventListener("dragleave", (event) => {
      if (!carries(event)) return;
      depth = Math.max(depth - 1, 0);
      if (depth === 0) mark(false);
    });
    this.root.addEventListener("dragover", (event) => {
      if (carries(event)) event.preventDefault();
    });
    this.root.addEventListener("drop", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      depth = 0;
      mark(false);
      if (takes()) this.#take([...(event.dataTransfer?.files ?? [])]);
    });
  }

  /** Arrow keys lead from message to message, so that a long history can be read without a mouse. */
  #walk(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    const target = event.target as Element;
    if (target !== this.#log && !target.classList.contains("row")) return;
    event.preventDefault();
    this.#list.step(event.key === "ArrowUp" ? -1 : 1, target === this.#log ? null : target);
  }

  #drawNotice(snapshot: Snapshot): void {
    clearTimeout(this.#noticeTimer);
    const now = Date.now();
    const down = snapshot.connection === "down" || snapshot.pending.some((item) => item.state === "waiting");
    this.#downSince = down ? (this.#downSince ?? now) : null;
    let text = "";
    let again = 0;
    if (!navigator.onLine) text = words.offline;
    else if (snapshot.proving) text = words.proving;
    else if (snapshot.pausedUntil !== null && snapshot.pausedUntil > now) {
      text = words.pausedFor({ when: words.soon(Math.ceil((snapshot.pausedUntil - now) / 1_000), "second") });
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
    } else if (this.#sheets.open) this.#sheets.close();
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

/** Gives a file to the browser to keep. */
function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
