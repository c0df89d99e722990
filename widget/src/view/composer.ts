// View room, the composer: the field in which a visitor writes, and what makes typing easy on each device.

import { words } from "../words";
import { focusedWithin, make, setAll, setText } from "./dom";
import { icon } from "./icons";

/** The form's fields that have a keyboard and an autofill of their own. */
const FITTING: Readonly<Record<string, { type: string; inputmode: string; autocomplete: string; autocapitalize: string }>> = {
  email: { type: "email", inputmode: "email", autocomplete: "email", autocapitalize: "none" },
  phone: { type: "tel", inputmode: "tel", autocomplete: "tel", autocapitalize: "none" },
  full_name: { type: "text", inputmode: "text", autocomplete: "name", autocapitalize: "words" },
};

/** From here on the remaining characters are shown. */
const COUNT_FROM = 400;

type Field = HTMLTextAreaElement | HTMLInputElement;

export class Composer {
  readonly root: HTMLFormElement;
  readonly #area: HTMLTextAreaElement;
  readonly #line: HTMLInputElement;
  readonly #label: HTMLLabelElement;
  readonly #hint: HTMLElement;
  readonly #box: HTMLElement;
  readonly #onSend: (text: string) => void;
  readonly #onDraft: (text: string) => void;
  #field: Field;
  #asked: string | null = null;
  #limit = 4000;

  constructor(onSend: (text: string) => void, onDraft: (text: string) => void) {
    this.#onSend = onSend;
    this.#onDraft = onDraft;
    const shared = { id: "field", class: "field", dir: "auto", "data-testid": "field", "aria-describedby": "field-hint", enterkeyhint: "send" };
    this.#area = make("textarea", { ...shared, rows: "1", autocomplete: "off", placeholder: words.field });
    this.#line = make("input", shared);
    this.#field = this.#area;
    this.#label = make("label", { for: "field", class: "field-label hidden" }, words.field);
    // There before it says anything, so that what it says is announced.
    this.#hint = make("p", { id: "field-hint", class: "hint", "aria-live": "polite" });
    this.#box = make(
      "div",
      { class: "box" },
      this.#field,
      make("button", { type: "submit", class: "send", "aria-label": words.send, "data-testid": "send" }, icon("send")),
    );
    this.root = make("form", { class: "composer", novalidate: true }, this.#label, this.#box, this.#hint);
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    for (const field of [this.#area, this.#line]) {
      field.addEventListener("input", () => this.#typed());
      field.addEventListener("keydown", (event) => this.#key(event as KeyboardEvent));
    }
  }

  set limit(characters: number) {
    if (characters === this.#limit) return;
    this.#limit = characters;
    this.#typed();
  }

  get text(): string {
    return this.#field.value;
  }

  set text(value: string) {
    this.#field.value = value;
    this.#typed();
  }

  focus(): void {
    this.#field.focus({ preventScroll: true });
  }

  /** Fits keyboard, autofill and label to what the bot asks for; null for free text. */
  ask(field: string | null): void {
    const fitting = field === null ? undefined : FITTING[field];
    const asked = fitting === undefined ? null : field;
    if (asked === this.#asked) return;
    this.#asked = asked;
    const label = (asked === null ? undefined : words.fields[asked]) ?? words.field;
    setText(this.#label, label);
    this.#label.classList.toggle("hidden", asked === null);
    this.#swap(fitting === undefined ? this.#area : this.#line);
    if (fitting !== undefined) setAll(this.#line, { ...fitting, name: asked });
  }

  #swap(to: Field): void {
    const from = this.#field;
    if (from === to) return;
    const focused = focusedWithin(from);
    to.value = from.value.replace(/\s*\n\s*/g, " ");
    from.value = "";
    from.replaceWith(to);
    this.#field = to;
    if (focused) this.focus();
    this.#typed();
  }

  #key(event: KeyboardEvent): void {
    // An Enter that confirms a candidate of an input method belongs to the method; Safari tells it by key code only.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#submit();
  }

  #submit(): void {
    const text = this.#field.value.trim();
    if (text === "" || length(text) > this.#limit) {
      this.focus();
      return;
    }
    this.#field.value = "";
    this.#typed();
    this.#onSend(text);
    this.focus();
  }

  #typed(): void {
    const value = this.#field.value;
    const left = this.#limit - length(value.trim());
    this.#box.toggleAttribute("data-filled", value.trim() !== "");
    this.#box.toggleAttribute("data-over", left < 0);
    this.#field.setAttribute("aria-invalid", String(left < 0));
    setText(this.#hint, left < 0 ? words.tooLong(-left) : left <= COUNT_FROM ? words.charactersLeft(left) : "");
    this.#grow();
    this.#onDraft(value);
  }

  /** As tall as its text, within what the style sheet allows. */
  #grow(): void {
    if (this.#field !== this.#area) return;
    this.#area.style.blockSize = "auto";
    if (this.#area.scrollHeight > 0) this.#area.style.blockSize = `${this.#area.scrollHeight}px`;
  }
}

/** Characters as the server counts them: code points, not UTF-16 halves. */
function length(text: string): number {
  // eslint-disable-next-line @typescript-eslint/no-misused-spread -- code points are exactly what is to be counted
  return [...text].length;
}
