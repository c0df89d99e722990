// View room, sheets: small forms that take the composer's place for a moment: a message for the team, an e-mail address,
// the notice before the first message, earlier conversations, starting over. One is open at a time.

import { markdown } from "../markdown";
import type { ConsentNotice, PersonsThread, Session } from "../protocol";
import { words } from "../words";
import { button, make, setText } from "./dom";

/** Fills a sheet's body; its first control gets the focus. */
type Fill = (done: () => void) => Node[];

export class Sheets {
  readonly root = make("div", { class: "sheet", role: "group", hidden: true, "data-testid": "sheet" });
  readonly #onClosed: () => void;

  constructor(onClosed: () => void) {
    this.#onClosed = onClosed;
  }

  get open(): boolean {
    return !this.root.hidden;
  }

  show(label: string, fill: Fill): void {
    this.root.setAttribute("aria-label", label);
    this.root.replaceChildren(...fill(() => this.close()));
    this.root.hidden = false;
    this.root.querySelector<HTMLElement>("button, input, textarea, select")?.focus();
  }

  close(): void {
    if (this.root.hidden) return;
    this.root.hidden = true;
    this.root.replaceChildren();
    this.#onClosed();
  }

  restart(act: () => void): void {
    this.show(words.startOver, (done) => [
      make("p", {}, words.startOverQuestion),
      button(
        { class: "small-button", "data-testid": "restart-confirm" },
        () => {
          act();
          done();
        },
        words.startOver,
      ),
      button({ class: "text-button" }, done, words.cancel),
    ]);
  }

  /** A message for the team while nobody is there. */
  leave(limit: number, act: (text: string, email: string | null) => void): void {
    this.show(words.leave, (done) => {
      const text = make("textarea", { class: "input", id: "leave-text", rows: "3", dir: "auto", maxlength: String(limit), "data-testid": "leave-text" });
      const email = make("input", { class: "input", id: "leave-email", type: "email", autocomplete: "email", inputmode: "email", "aria-describedby": "leave-hint", "data-testid": "leave-email" });
      const hint = make("p", { class: "hint", id: "leave-hint", "aria-live": "polite" });
      const send = (): void => {
        const address = email.value.trim();
        if (text.value.trim() === "") text.focus();
        else if (address !== "" && !isEmail(address)) {
          setText(hint, words.emailWrong);
          email.setAttribute("aria-invalid", "true");
          email.focus();
        } else {
          act(text.value, address === "" ? null : address);
          done();
        }
      };
      return [
        make("p", { class: "note" }, words.leaveHint),
        make("label", { for: "leave-text", class: "label" }, words.field),
        text,
        make("label", { for: "leave-email", class: "label" }, words.leaveEmail),
        email,
        hint,
        button({ class: "small-button", "data-testid": "leave-send" }, send, words.send),
        button({ class: "text-button" }, done, words.cancel),
      ];
    });
  }

  /** An e-mail address to send the thread to. @param act rejects when it cannot be sent */
  mail(act: (email: string) => Promise<void>, announce: (text: string) => void): void {
    this.show(words.mail, (done) => {
      const email = make("input", { class: "input", id: "mail-email", type: "email", autocomplete: "email", inputmode: "email", "aria-describedby": "mail-hint", "data-testid": "mail-email" });
      const hint = make("p", { class: "hint", id: "mail-hint", "aria-live": "polite" });
      const send = async (): Promise<void> => {
        const address = email.value.trim();
        if (!isEmail(address)) {
          setText(hint, words.emailWrong);
          email.focus();
          return;
        }
        try {
          await act(address);
          done();
          announce(words.mailed({ email: address }));
        } catch {
          setText(hint, words.sendFailed);
        }
      };
      return [
        make("label", { for: "mail-email", class: "label" }, words.fieldEmail),
        email,
        hint,
        button({ class: "small-button", "data-testid": "mail-send" }, () => void send(), words.send),
        button({ class: "text-button" }, done, words.cancel),
      ];
    });
  }

  /** Threads of the person whom the site vouches for. */
  earlier(threads: readonly PersonsThread[], present: string | null, act: (thread: Session) => void): void {
    this.show(words.earlier, (done) => [
      make("p", { class: "label" }, words.earlier),
      make(
        "ul",
        { class: "threads" },
        ...threads.map((thread) => {
          const at = new Date(thread.updated_at);
          return make(
            "li",
            {},
            button(
              { class: "thread", dir: "auto", "aria-current": thread.conversation === present ? "true" : null },
              () => {
                act(thread);
                done();
              },
              make("span", {}, thread.began_with ?? words.log),
              Number.isNaN(at.getTime()) ? null : make("span", { class: "note" }, words.day(at, new Date())),
            ),
          );
        }),
      ),
      button({ class: "text-button" }, done, words.close),
    ]);
  }
}

/** The notice that is agreed to before the first message. */
export function consentGate(notice: ConsentNotice, agree: (version: string) => void): HTMLElement {
  return make(
    "div",
    { class: "sheet gate", role: "group", "aria-label": words.beginning, "data-testid": "gate" },
    make("p", { class: "label" }, words.beginning),
    make("div", { class: "text", dir: "auto" }, markdown(notice.text)),
    button({ class: "small-button", "data-testid": "agree" }, () => agree(notice.version), words.agree),
  );
}

function isEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(text) && text.length <= 254;
}
