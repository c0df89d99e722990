// View room, month and year: two lists instead of a date that nobody knows yet. Native lists: every keyboard, screen
// reader and phone knows them.

import { words } from "../words";
import { make } from "./dom";

const YEARS_AHEAD = 5;

export class MonthField {
  readonly root: HTMLElement;
  readonly #month = make("select", { class: "select", "aria-label": words.month, "data-testid": "month" });
  readonly #year = make("select", { class: "select", "aria-label": words.year, "data-testid": "year" });

  constructor(now: Date) {
    this.#month.append(make("option", { value: "" }, words.month));
    for (let month = 1; month <= 12; month += 1) {
      this.#month.append(make("option", { value: String(month).padStart(2, "0") }, words.monthName(month)));
    }
    this.#year.append(make("option", { value: "" }, words.year));
    for (let year = now.getFullYear(); year <= now.getFullYear() + YEARS_AHEAD; year += 1) {
      this.#year.append(make("option", { value: String(year) }, String(year)));
    }
    this.root = make("div", { class: "month" }, this.#month, this.#year);
  }

  /** "2027-03", or null while one of both is missing. */
  get value(): string | null {
    return this.#month.value === "" || this.#year.value === "" ? null : `${this.#year.value}-${this.#month.value}`;
  }

  focus(): void {
    (this.#month.value === "" ? this.#month : this.#year).focus({ preventScroll: true });
  }

  clear(): void {
    this.#month.value = this.#year.value = "";
  }
}
