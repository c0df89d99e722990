// View room, the log: keeps the list of rows in step with the thread, touching only what changed.

import type { Row } from "../timeline";
import { words } from "../words";
import { make, setText } from "./dom";
import { type MessageActions, MessageItem } from "./message";

interface Item {
  readonly root: HTMLLIElement;
  readonly update: (row: Row) => void;
}

export class TimelineList {
  readonly root = make("ol", { class: "rows", role: "list" });
  readonly #actions: MessageActions;
  readonly #items = new Map<string, Item>();
  readonly #messages = new WeakMap<Element, MessageItem>();
  #reached: MessageItem | null = null;

  constructor(actions: MessageActions) {
    this.#actions = actions;
    this.root.addEventListener("focusin", (event) => {
      const row = event.target instanceof Element ? event.target.closest("li") : null;
      const item = row === null ? undefined : this.#messages.get(row);
      if (item === undefined || item === this.#reached) return;
      if (this.#reached !== null && this.#reached.root !== this.root.lastElementChild) this.#reached.reachable = false;
      item.reachable = true;
      this.#reached = item;
    });
  }

  /** Moves the focus to the message before or after the one that has it; from outside to the newest one. */
  step(by: -1 | 1, from: Element | null): void {
    const rows = [...this.root.querySelectorAll<HTMLElement>(".row")];
    const at = from === null ? -1 : rows.findIndex((row) => row.contains(from));
    const next = at < 0 ? rows.at(-1) : rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  render(rows: readonly Row[]): void {
    const wanted = new Set(rows.map((row) => row.key));
    // Gone rows first: what stays is then already in order and is not moved, hence not announced again.
    for (const [key, item] of this.#items) {
      if (wanted.has(key)) continue;
      item.root.remove();
      this.#items.delete(key);
    }
    let next = this.root.firstElementChild;
    for (const row of rows) {
      let item = this.#items.get(row.key);
      if (item === undefined) {
        item = this.#make(row);
        this.#items.set(row.key, item);
      } else {
        item.update(row);
      }
      if (item.root === next) next = next.nextElementSibling;
      else this.root.insertBefore(item.root, next);
    }
  }

  /** Where the reply to the visitor's newest message begins; null while there is none. */
  newestReply(): Element | null {
    return [...this.root.querySelectorAll('[data-from="applicant"]')].at(-1)?.nextElementSibling ?? null;
  }

  #make(row: Row): Item {
    if (row.kind === "message") {
      const item = new MessageItem(row, this.#actions);
      this.#messages.set(item.root, item);
      return { root: item.root, update: (changed) => changed.kind === "message" && item.update(changed) };
    }
    const label = make("span");
    const update = (day: Row): void => {
      if (day.kind === "day") setText(label, words.day(day.at, new Date()));
    };
    update(row);
    return { root: make("li", { class: "day" }, label), update };
  }
}
