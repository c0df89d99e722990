// View room, the composer: the field in which a visitor writes, and what makes typing easy on each device.

import { SAID, words } from "../words";
import { button, focusedWithin, make, setAll, setText } from "./dom";
import { icon } from "./icons";
import { MonthField } from "./month";

interface Fitting {
  readonly type: string;
  readonly inputmode: string;
  readonly autocomplete: string;
  readonly autocapitalize: string;
}

const YEAR: Fitting = { type: "text", inputmode: "numeric", autocomplete: "off", autocapitalize: "none" };

/** The form's fields that have a keyboard and an autofill of their own. */
const FITTING: Readonly<Record<string, Fitting>> = {
  email: { type: "email", inputmode: "email", autocomplete: "email", autocapitalize: "none" },
  phone: { type: "tel", inputmode: "tel", autocomplete: "tel", autocapitalize: "none" },
  full_name: { type: "text", inputmode: "text", autocomplete: "name", autocapitalize: "words" },
  graduation_year: YEAR,
  match_year: YEAR,
  duration_weeks: YEAR,
};

/** Fields that are a month of a year. */
const MONTHS: readonly string[] = ["preferred_start"];

/** From here on the remaining characters are shown. */
const COUNT_FROM = 400;

type Field = HTMLTextAreaElement | HTMLInputElement;

export interface ComposerActions {
  readonly send: (text: string) => void;
  readonly draft: (text: string) => void;
  readonly files: (files: readonly File[]) => void;
}

export class Composer {
  readonly root: HTMLFormElement;
  readonly #actions: ComposerActions;
  readonly #area: HTMLTextAreaElement;
  readonly #line: HTMLInputElement;
  readonly #month = new MonthField(new Date());
  readonly #label: HTMLLabelElement;
  readonly #hint: HTMLElement;
  readonly #box: HTMLElement;
  readonly #inWords: HTMLButtonElement;
  readonly #pickers: HTMLElement;
  readonly #picker: HTMLInputElement;
  #field: Field;
  #asked: string | null = null;
  #limit = 4000;
  /** A text that looked wrong once is the visitor's own decision the second time. */
  #doubted = "";
  #choosesMonth = false;

  constructor(actions: ComposerActions) {
    this.#actions = actions;
    const shared = { id: "field", class: "field", dir: "auto", "data-testid": "field", "aria-describedby": "field-hint", enterkeyhint: "send" };
    this.#area = make("textarea", { ...shared, rows: "1", autocomplete: "off", placeholder: words.field });
    this.#line = make("input", shared);
    this.#field = this.#area;
    this.#label = make("label", { for: "field", class: "field-label hidden" }, words.field);
    // There before it says anything, so that what it says is announced.
    this.#hint = make("p", { id: "field-hint", class: "hint", "aria-live": "polite" });
    this.#picker = this.#makePicker({ "data-testid": "file" });
    const camera = this.#makePicker({ accept: "image/*", capture: "environment" });
    this.#pickers = make(
      "div",
      { class: "pickers", hidden: true },
      button({ class: "pick", "aria-label": words.attach, "data-testid": "attach" }, () => this.#picker.click(), icon("clip")),
      matchMedia("(pointer: coarse)").matches &&
        button({ class: "pick", "aria-label": words.camera }, () => camera.click(), icon("camera")),
      this.#picker,
      camera,
    );
    this.#inWords = button({ class: "text-button", hidden: true }, () => this.#chooseMonth(false), words.inWords);
    this.#box = make(
      "div",
      { class: "box" },
      this.#pickers,
      this.#field,
      make("button", { type: "submit", class: "send", "aria-label": words.send, "data-testid": "send" }, icon("send")),
    );
    this.root = make("form", { class: "composer", novalidate: true }, this.#label, this.#box, this.#inWords, this.#hint);
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#month.root.addEventListener("change", () => this.#monthChanged());
    for (const field of [this.#area, this.#line]) {
      field.addEventListener("input", () => this.#typed());
      field.addEventListener("keydown", (event) => this.#key(event as KeyboardEvent));
      field.addEventListener("paste", (event) => this.#paste(event as ClipboardEvent));
    }
  }

  set limit(characters: number) {
    if (characters === this.#limit) return;
    this.#limit = characters;
    this.#typed();
  }

  /** Which files may be chosen; null where none are taken. */
  set accepts(kinds: string | null) {
    this.#pickers.hidden = kinds === null;
    if (kinds !== null && kinds !== "") this.#picker.setAttribute("accept", kinds);
  }

  get text(): string {
    return this.#field.value;
  }

  set text(value: string) {
    this.#field.value = value;
    this.#typed();
  }

  focus(): void {
    if (this.#choosesMonth) this.#month.focus();
    else this.#field.focus({ preventScroll: true });
  }

  /** Fits keyboard, autofill and label to what the bot asks for; null for free text. */
  ask(field: string | null): void {
    const month = field !== null && MONTHS.includes(field);
    const fitting = field === null ? undefined : FITTING[field];
    const asked = fitting === undefined && !month ? null : field;
    if (asked === this.#asked) return;
    this.#asked = asked;
    const label = (asked === null ? undefined : words.fields[asked]) ?? words.field;
    setText(this.#label, label);
    this.#label.classList.toggle("hidden", asked === null);
    this.#swap(fitting === undefined ? this.#area : this.#line);
    if (fitting !== undefined) setAll(this.#line, { ...fitting, name: asked });
    this.#chooseMonth(month);
  }

  /** Opens the browser's own choice of files. */
  pick(): void {
    this.#picker.click();
  }

  #makePicker(attributes: Record<string, string>): HTMLInputElement {
    const picker = make("input", { type: "file", multiple: true, tabindex: "-1", "aria-hidden": "true", hidden: true, ...attributes });
    picker.addEventListener("change", () => {
      this.#actions.files([...(picker.files ?? [])]);
      picker.value = "";
    });
    return picker;
  }

  #chooseMonth(chooses: boolean): void {
    if (chooses === this.#choosesMonth) return;
    const focused = focusedWithin(this.#box) || focusedWithin(this.#inWords);
    this.#choosesMonth = chooses;
    this.#month.clear();
    if (chooses) this.#field.replaceWith(this.#month.root);
    else this.#month.root.replaceWith(this.#field);
    this.#inWords.hidden = !chooses;
    this.#box.toggleAttribute("data-month", chooses);
    this.#box.toggleAttribute("data-filled", !chooses && this.#field.value.trim() !== "");
    setText(this.#hint, "");
    if (focused) this.focus();
  }

  #monthChanged(): void {
    this.#box.toggleAttribute("data-filled", this.#month.value !== null);
    setText(this.#hint, "");
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

  #paste(event: ClipboardEvent): void {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || this.#pickers.hidden) return;
    event.preventDefault();
    this.#actions.files(files);
  }

  #submit(): void {
    if (this.#choosesMonth) {
      const { value } = this.#month;
      if (value === null) setText(this.#hint, words.monthMissing);
      else this.#actions.send(SAID.month(value));
      this.focus();
      return;
    }
    const text = this.#field.value.trim();
    if (text === "" || length(text) > this.#limit) {
      this.focus();
      return;
    }
    if (this.#asked === "email" && text.includes("@") && !/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(text) && text !== this.#doubted) {
      this.#doubted = text;
      this.#field.setAttribute("aria-invalid", "true");
      setText(this.#hint, words.emailWrong);
      this.focus();
      return;
    }
    this.#field.value = "";
    this.#typed();
    this.#actions.send(text);
    this.focus();
  }

  #typed(): void {
    const value = this.#field.value;
    const left = this.#limit - length(value.trim());
    this.#box.toggleAttribute("data-filled", value.trim() !== "");
    this.#box.toggleAttribute("data-over", left < 0);
    this.#field.setAttribute("aria-invalid", String(left < 0));
    setText(this.#hint, left < 0 ? words.tooLong({ n: -left }) : left <= COUNT_FROM ? words.charactersLeft({ n: left }) : "");
    this.#grow();
    this.#actions.draft(value);
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
