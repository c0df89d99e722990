// View room, one message: its words, what its dialogue act adds, its buttons and how far it has got.
// An item is made once and updated in place: moving or remaking it would be announced a second time.

import { type Contact, contactsIn, type Paper, present, type Presentation, type Source, type SummaryGroup, wordsBeside } from "../acts";
import { anchorTo, markdown, plain } from "../markdown";
import type { Choice } from "../protocol";
import type { MessageRow } from "../timeline";
import { SAID, words } from "../words";
import { button, focusedWithin, make, setAll, setText } from "./dom";
import type { Faces } from "./faces";
import { type Icon, icon } from "./icons";

/** What a message's controls can ask for. */
export interface MessageActions {
  readonly say: (text: string) => void;
  readonly choose: (choice: Choice, label: string) => void;
  readonly retry: (clientId: string) => void;
  readonly discard: (clientId: string) => void;
  /** Keeps a rating; rejects when it was not taken. */
  readonly rate: (messageId: string, helpful: boolean | null) => Promise<void>;
  /** Hands in a file for an entry of the checklist; null where files are not taken. */
  readonly attach: ((document: string) => void) | null;
  /** Saves a file that a person sent. */
  readonly save: (id: string, name: string) => void;
  readonly faces: Faces;
  /** Says something to screen readers that is not part of the conversation. */
  readonly announce: (text: string) => void;
  /** A control that had the focus is going away. */
  readonly focusField: () => void;
}

export class MessageItem {
  readonly root: HTMLLIElement;
  readonly #actions: MessageActions;
  readonly #who: HTMLElement;
  readonly #bubble: HTMLElement;
  readonly #replies: HTMLElement;
  readonly #time: HTMLTimeElement;
  readonly #state: HTMLElement;
  readonly #remedies: HTMLElement;
  readonly #tools: HTMLElement;
  #row: MessageRow | null = null;
  #toolsDrawn = "";
  #drawn = "";
  #repliesDrawn = "";

  constructor(row: MessageRow, actions: MessageActions) {
    this.#actions = actions;
    this.#who = make("span", { class: "who" });
    this.#bubble = make("div", { class: "bubble" });
    this.#replies = make("div", { class: "replies" });
    this.#time = make("time");
    this.#state = make("span", { class: "state", "data-testid": "message-state" });
    this.#remedies = make("span", { class: "remedies" });
    this.#tools = make("span", { class: "tools" });
    this.root = make(
      "li",
      { class: "row", "data-testid": "message", tabindex: "-1" },
      row.from === "bot" || row.from === "staff" ? avatar(row, actions.faces) : null,
      make(
        "div",
        { class: "stack" },
        this.#who,
        this.#bubble,
        make("div", { class: "meta" }, this.#time, this.#state, this.#remedies),
        this.#tools,
        this.#replies,
      ),
    );
    this.update(row);
  }

  update(row: MessageRow): void {
    if (this.#row !== null && same(this.#row, row)) return;
    this.#row = row;
    const shown = present(row.message?.act ?? null);
    setAll(this.root, {
      "data-from": row.from,
      "data-state": row.state,
      "data-act": shown.act === "" ? null : shown.act,
      "data-seq": row.message === null ? null : String(row.message.seq),
      "data-id": row.message?.id ?? null,
      "data-client-id": row.clientId,
      "data-first": row.first,
      "data-last": row.last,
      "data-newest": row.newest,
    });
    this.#drawWho(row);
    const content = JSON.stringify([row.text, row.message?.act ?? null]);
    if (content !== this.#drawn) {
      this.#drawn = content;
      this.#bubble.replaceChildren(...body(row, shown, this.#actions));
    }
    this.#drawReplies(row, shown);
    this.#drawProgress(row);
    this.#drawTools(row, shown);
  }

  /** Whether its tools are on the way of the Tab key: those of the newest message, and of the one that has the focus. */
  set reachable(reachable: boolean) {
    for (const tool of this.#tools.querySelectorAll("button")) tool.tabIndex = reachable ? 0 : -1;
  }

  #drawTools(row: MessageRow, shown: Presentation): void {
    const { message } = row;
    if (message === null || (row.from !== "bot" && row.from !== "staff")) return;
    const ratable = shown.act === "answer";
    const drawn = JSON.stringify([message.helpful, ratable, row.text]);
    if (drawn === this.#toolsDrawn) return;
    this.#toolsDrawn = drawn;
    const focused = [...this.#tools.children].findIndex(focusedWithin);
    const rate = async (helpful: boolean): Promise<void> => {
      const wanted = message.helpful === helpful ? null : helpful;
      try {
        await this.#actions.rate(message.id, wanted);
        this.#actions.announce(wanted === null ? words.unrated : words.rated);
      } catch {
        this.#actions.announce(words.sendFailed);
      }
    };
    const thumb = (helpful: boolean): HTMLButtonElement =>
      button(
        {
          class: "tool",
          "aria-label": helpful ? words.helpful : words.notHelpful,
          "aria-pressed": String(message.helpful === helpful),
          "data-testid": helpful ? "helpful" : "not-helpful",
        },
        () => void rate(helpful),
        icon(helpful ? "up" : "down2"),
      );
    const copying = button(
      { class: "tool", "aria-label": words.copy, "data-testid": "copy" },
      () => void copyText(row.text, this.#bubble, copying, this.#actions),
      icon("copy"),
    );
    this.#tools.toggleAttribute("data-ratable", ratable);
    this.#tools.replaceChildren(...(ratable ? [thumb(true), thumb(false)] : []), copying);
    this.reachable = row.last;
    const again = this.#tools.children[focused];
    if (again instanceof HTMLElement) again.focus();
  }

  #drawWho(row: MessageRow): void {
    const name = row.message?.name ?? null;
    const said =
      row.from === "applicant" ? words.saidYou
      : row.from === "bot" ? words.saidBot
      : row.from === "system" ? words.saidSystem
      : words.saidStaff({ name: name ?? words.team });
    // A person's name stands above their first message for all to see; the rest is for those who listen.
    const visible = row.from === "staff" && row.first;
    setText(this.#who, visible ? (name ?? words.team) : said);
    this.#who.className = visible ? "who" : "who hidden";
  }

  #drawReplies(row: MessageRow, shown: Presentation): void {
    const wanted = row.active && row.message !== null ? this.#drawn : "";
    for (const change of this.root.querySelectorAll<HTMLElement>(".change")) change.hidden = wanted === "";
    if (wanted === this.#repliesDrawn) return;
    this.#repliesDrawn = wanted;
    const hadFocus = focusedWithin(this.#replies);
    this.#replies.replaceChildren();
    if (wanted !== "" && row.message !== null) this.#replies.append(...replies(row.message.id, shown, this.#actions));
    if (hadFocus) this.#actions.focusField();
  }

  #drawProgress(row: MessageRow): void {
    if (row.at !== null) {
      setText(this.#time, words.time(row.at));
      this.#time.setAttribute("datetime", row.at.toISOString());
    }
    const own = row.from === "applicant";
    setText(this.#state, !own ? "" : row.state === "failed" ? `${words.states.failed} ${row.failure ?? ""}`.trim() : words.states[row.state]);
    const remedies = row.state === "failed" ? "failed" : row.state === "waiting" ? "waiting" : "";
    if (this.#remedies.dataset.for === remedies) return;
    this.#remedies.dataset.for = remedies;
    const hadFocus = focusedWithin(this.#remedies);
    this.#remedies.replaceChildren();
    const id = row.clientId;
    if (id !== null && remedies !== "") {
      this.#remedies.append(button({ class: "text-button" }, () => this.#actions.retry(id), icon("retry"), words.tryAgain));
      if (remedies === "failed") {
        this.#remedies.append(button({ class: "text-button" }, () => this.#actions.discard(id), words.remove));
      }
    }
    if (hadFocus) this.#actions.focusField();
  }
}

/** A row is made anew for each drawing; what it says is mostly what it said before. */
function same(a: MessageRow, b: MessageRow): boolean {
  return (
    a.message === b.message &&
    a.text === b.text &&
    a.state === b.state &&
    a.failure === b.failure &&
    a.first === b.first &&
    a.last === b.last &&
    a.newest === b.newest &&
    a.active === b.active
  );
}

/** Copies words. Clipboards are closed on plain http and by some policies: then the words are selected for the hand. */
async function copyText(text: string, shown: Node, pressed: HTMLElement, actions: MessageActions): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    actions.announce(words.copied);
    pressed.replaceChildren(icon("check"), ...(pressed.classList.contains("tool") ? [] : [words.copied]));
  } catch {
    shown.ownerDocument?.getSelection()?.selectAllChildren(shown);
    actions.announce(words.copyFailed);
  }
}

function avatar(row: MessageRow, faces: Faces): HTMLElement {
  const name = row.message?.name ?? "";
  // Titles ("Dr.") say nothing about who it is.
  const initials = [...name.matchAll(/(?<=^|\s)(\p{L})(?!\S*\.)/gu)].map(([letter]) => letter);
  const letters = (initials[0] ?? "") + (initials.length > 1 ? (initials.at(-1) ?? "") : "");
  const shown = make(
    "span",
    { class: "avatar", "aria-hidden": "true" },
    row.from === "staff" && letters !== "" ? letters.toUpperCase() : icon(row.from === "staff" ? "people" : "mark"),
  );
  const picture = row.message?.picture ?? null;
  if (picture !== null) faces.show(picture, shown);
  return shown;
}

/** The words of a message and what its act adds inside the bubble. */
function body(row: MessageRow, shown: Presentation, actions: MessageActions): Node[] {
  // Languages mix in one thread: each message finds its own direction.
  const beside = wordsBeside(row.text, shown);
  const text = make("div", { class: "text", dir: "auto" }, row.from === "applicant" ? plain(row.text) : markdown(beside.text));
  switch (shown.act) {
    case "question":
      return [...progress(shown, beside.stepName), ...review(shown.summary, actions, text, beside.after)];
    case "application":
      return shown.event === "sent" && shown.reference !== null
        ? [heading("check", words.applicationSent), text, reference(shown.reference, actions), ...checklist(shown.papers, actions)]
        : [text, ...checklist(shown.papers, actions)];
    case "status":
      return [text, ...status(shown)];
    case "handoff":
      return [
        heading("people", shown.available === false ? words.handoffUnavailable : words.handoffAvailable),
        text,
        ...(shown.waiting === null || row.text.includes(String(shown.waiting)) ? [] : [make("p", { class: "note" }, words.waitingMinutes({ when: words.soon(Math.max(shown.waiting, 1), "minute") }))]),
      ];
    case "safety":
      return [heading("heart", safetyTitle(shown.kind)), text, help(shown.contacts, row.text)];
    case "file":
      return row.from === "staff" ? [text, ...sentFile(shown, actions)] : [text];
    default:
      return [text, ...proof(shown.sources, shown.reviewed)];
  }
}

function sentFile({ file }: Presentation, actions: MessageActions): Node[] {
  if (file === null) return [];
  const { id, name } = file;
  const size = make("span", { class: "note" }, `${Math.max(1, Math.round(file.size / 1_000))} kB`);
  const label = make("bdi", {}, name);
  return [button({ class: "text-button" }, () => actions.save(id, name), icon("save"), label, size)];
}

function heading(name: Icon, title: string): HTMLElement {
  return make("p", { class: "heading" }, icon(name), make("strong", {}, title));
}

function safetyTitle(kind: string | null): string {
  return words.safety[kind ?? ""] ?? words.safetyCrisis;
}

/** Where an answer comes from and when people last looked at it. */
function proof(sources: readonly Source[], reviewed: string | null): Node[] {
  if (sources.length === 0 && reviewed === null) return [];
  const links = sources.map(({ title, href }) => {
    if (href === null) return make("li", { dir: "auto" }, title);
    const anchor = anchorTo(href);
    anchor.append(title, icon("external"), make("span", { class: "hidden" }, ` (${words.newTab})`));
    return make("li", { dir: "auto" }, anchor);
  });
  return [
    make(
      "div",
      { class: "proof", "data-testid": "sources" },
      links.length > 0 && make("p", { class: "label" }, words.sources),
      links.length > 0 && make("ul", {}, ...links),
      reviewed !== null &&
        make("p", { class: "note", "data-testid": "reviewed" }, make("time", { datetime: reviewed }, words.reviewed({ date: words.date(reviewed) }))),
    ),
  ];
}

/** "Step 2 of 5", in words and as a bar. */
function progress(shown: Presentation, stepName: string | null): Node[] {
  const { step, steps } = shown;
  if (step === null || steps === null || step < 1 || steps < 1 || steps > 20) {
    return shown.optional ? [make("p", { class: "progress" }, words.optional)] : [];
  }
  const bar = make("span", { class: "bar", "aria-hidden": "true" });
  for (let index = 1; index <= steps; index += 1) bar.append(make("span", { "data-done": index <= step }));
  return [
    make(
      "p",
      { class: "progress", "data-testid": "progress" },
      make("span", {}, [words.step({ step, steps }), stepName].filter(Boolean).join(" · ")),
      shown.optional && make("span", { class: "optional" }, words.optional),
      bar,
    ),
  ];
}

/** The question; at the review with the application as it stands, and a way to change each item. */
function review(groups: readonly SummaryGroup[], actions: MessageActions, text: Node, after: string): Node[] {
  if (groups.length === 0) return [text];
  return [
    ...(text.textContent === "" ? [] : [text]),
    make(
      "div",
      { class: "summary", "data-testid": "summary" },
      ...groups.map(({ title, items }) =>
        make(
          "section",
          {},
          title !== "" && make("p", { class: "label" }, title),
          make(
            "dl",
            {},
            ...items.map(({ field, label, value }) =>
              make(
                "div",
                { class: "item", "data-field": field },
                make("dt", { dir: "auto" }, label),
                make("dd", { dir: "auto", class: value === "" ? "empty" : null }, value === "" ? words.empty : value),
                make(
                  "dd",
                  { class: "change" },
                  button(
                    { class: "text-button", "aria-label": `${words.change}: ${label}` },
                    () => actions.say(SAID.change(label)),
                    words.change,
                  ),
                ),
              ),
            ),
          ),
        ),
      ),
    ),
    ...(after === "" ? [] : [make("div", { class: "text after", dir: "auto" }, markdown(after))]),
  ];
}

/** The reference of a sent application: large, selectable, copied with one press. */
function reference(value: string, actions: MessageActions): HTMLElement {
  const code = make("output", { class: "code", "data-testid": "reference" }, value);
  const copyButton = button(
    { class: "small-button", "aria-label": `${words.copy}: ${value}` },
    () => void copyText(value, code, copyButton, actions),
    icon("copy"),
    words.copy,
  );
  return make("div", { class: "reference" }, make("span", { class: "label" }, words.reference), code, copyButton);
}

/** The papers of an application: which are here, which are missing, and a way to add each. */
function checklist(papers: readonly Paper[], actions: MessageActions): Node[] {
  if (papers.length === 0) return [];
  const { attach } = actions;
  return [
    make(
      "div",
      { class: "papers", "data-testid": "papers" },
      make("p", { class: "label" }, words.documents),
      make(
        "ul",
        {},
        ...papers.map(({ key, label, state }) =>
          make(
            "li",
            { "data-key": key, "data-state": state },
            icon(state === "here" ? "check" : "file"),
            make(
              "span",
              {},
              label,
              make("span", { class: "note" }, ` · ${{ here: words.documentHere, missing: words.documentMissing, open: words.documentOptional }[state]}`),
            ),
            state !== "here" && attach !== null
              ? button({ class: "text-button", "aria-label": `${words.attach}: ${label}` }, () => attach(key), words.attach)
              : null,
          ),
        ),
      ),
    ),
  ];
}

function status(shown: Presentation): Node[] {
  if (shown.status === null || shown.reference === null) return [];
  return [
    make(
      "dl",
      { class: "status" },
      make("dt", {}, words.reference),
      make("dd", {}, shown.reference),
      make("dt", {}, words.status),
      make("dd", {}, shown.status.replaceAll("_", " ")),
    ),
  ];
}

/** Help that can be reached with one press. */
function help(contacts: readonly Contact[], text: string): HTMLElement {
  const reachable = contacts.length > 0 ? contacts : contactsIn(text);
  return make(
    "ul",
    { class: "help", "data-testid": "contacts" },
    ...reachable.map(({ label, href, phone }) => {
      const anchor = anchorTo(href);
      const name = phone && /^[\d\s+()-]+$/.test(label) ? words.call({ label }) : label;
      anchor.append(icon(phone ? "phone" : "external"), make("span", {}, name));
      if (!phone) anchor.append(make("span", { class: "hidden" }, ` (${words.newTab})`));
      return make("li", {}, anchor);
    }),
  );
}

/** Fields where a visitor may wonder why they are asked. */
const PERSONAL: readonly string[] = ["full_name", "email", "phone", "country_of_citizenship"];

/** The buttons under the newest message of the bot. */
function replies(messageId: string, shown: Presentation, actions: MessageActions): Node[] {
  const suggestion = shown.optionKind === "suggestion";
  const chips = shown.options.map(({ index, label }) =>
    button(
      { class: suggestion ? "chip suggestion" : "chip", dir: "auto", "data-option": String(index) },
      () => {
        actions.choose({ message: messageId, option: index }, label);
        actions.focusField();
      },
      label,
    ),
  );
  const typed = (look: string, label: string, text: string): HTMLButtonElement =>
    button(
      { class: look },
      () => {
        actions.say(text);
        actions.focusField();
      },
      label,
    );
  if (shown.act === "question") {
    const offersSkip = shown.options.some(({ label }) => /\bskip\b/i.test(label));
    if (shown.optional && !offersSkip) chips.push(typed("chip", words.skip, SAID.skip));
    if (shown.field !== null && PERSONAL.includes(shown.field)) chips.push(typed("chip quiet", words.why, SAID.why));
  }
  if (chips.length === 0) return [];
  const label = suggestion && shown.options.length > 0 ? words.suggestions : words.replies;
  return [
    make(
      "div",
      { class: "chips", role: "group", "aria-label": label, "data-testid": suggestion ? "suggestions" : "choices" },
      suggestion && shown.options.length > 0 && make("p", { class: "label", "aria-hidden": "true" }, label),
      ...chips,
    ),
  ];
}
