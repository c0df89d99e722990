// View room, the tray: files on their way, each with its progress, and a way to stop or try it again.

import type { Upload, Uploads } from "../uploads";
import { words } from "../words";
import { button, focusedWithin, make, setText } from "./dom";
import { icon } from "./icons";

interface Item {
  readonly root: HTMLElement;
  readonly text: HTMLElement;
  readonly bar: HTMLProgressElement;
  readonly again: HTMLElement;
}

export class Tray {
  readonly root = make("ul", { class: "tray", "data-testid": "tray", hidden: true });
  readonly #uploads: Uploads;
  readonly #announce: (text: string) => void;
  readonly #leave: () => void;
  readonly #items = new Map<string, Item>();
  readonly #names = new Map<string, string>();
  readonly #cancelled = new Set<string>();
  readonly #told = new Set<string>();

  /** @param leave called when a control that had the focus goes away */
  constructor(uploads: Uploads, announce: (text: string) => void, leave: () => void) {
    this.#uploads = uploads;
    this.#announce = announce;
    this.#leave = leave;
  }

  render(): void {
    const list = this.#uploads.list;
    for (const [id, item] of this.#items) {
      if (list.some((upload) => upload.id === id)) continue;
      const hadFocus = focusedWithin(item.root);
      item.root.remove();
      this.#items.delete(id);
      if (!this.#cancelled.has(id)) this.#announce(words.fileSent({ name: this.#names.get(id) ?? "" }));
      if (hadFocus) this.#leave();
    }
    for (const upload of list) this.#draw(upload);
    this.root.hidden = list.length === 0;
  }

  #draw(upload: Upload): void {
    const { id, name, state, percent, failure } = upload;
    let item = this.#items.get(id);
    if (item === undefined) {
      this.#names.set(id, name);
      item = this.#make(id, name);
      this.#items.set(id, item);
      this.root.append(item.root);
    }
    item.root.dataset.state = state;
    item.bar.hidden = state === "failed";
    item.bar.value = percent;
    item.again.hidden = state !== "failed" || !this.#uploads.retriable(id);
    const text =
      state === "failed" ? words.fileFailed({ name, why: failure ?? "" }).trim()
      : state === "sending" ? words.fileSending({ name, percent })
      : words.fileWaiting({ name });
    setText(item.text, text);
    // Each percent would be read out; only the end is news.
    if (state !== "failed") this.#told.delete(id);
    else if (!this.#told.has(id)) {
      this.#told.add(id);
      this.#announce(text);
    }
  }

  #make(id: string, name: string): Item {
    const text = make("span", { class: "tray-text", dir: "auto" });
    const bar = make("progress", { max: "100", value: "0", "aria-label": name });
    const again = button({ class: "text-button" }, () => this.#uploads.retry(id), icon("retry"), words.tryAgain);
    const stop = button(
      { class: "tool", "aria-label": `${words.remove}: ${name}` },
      () => {
        this.#cancelled.add(id);
        this.#uploads.cancel(id);
      },
      icon("close"),
    );
    return { root: make("li", { "data-testid": "upload" }, icon("file"), text, again, stop, bar), text, bar, again };
  }
}
