// Greeter room: offers help on certain pages after a while, at most once a visit, and never over a consent banner or
// anything else that lies there. The site sets the rules; nothing is asked of the server.

import { fits, type GreetingRule } from "./settings";
import { GREETED } from "./kept";
import { type Storage } from "./storage";
import { button, make } from "./view/dom";
import type { Host } from "./view/element";
import { icon } from "./view/icons";
import { words } from "./words";

/** Banners of well-known consent tools, and of those that say what they are. */
const BANNERS =
  "#onetrust-banner-sdk,#usercentrics-root,#didomi-host,.cc-window,.osano-cm-window,.iubenda-cs-container," +
  "[data-consent-banner],[aria-label*=cookie i]";
/** What is named so is a banner when it lies over the page, and may be a mere link when it does not … */
const MAYBE = "[id*=cookie i],[class*=cookie i],[id*=consent i],[class*=consent i]";
/** … unless its name says more. */
const SURELY = /cookie-?(banner|consent)/i;

export interface GreeterOptions {
  readonly wanted: () => boolean;
  readonly open: () => void;
}

export class Greeter {
  readonly #host: Host;
  readonly #tab: Storage;
  readonly #options: GreeterOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #bubble: HTMLElement | null = null;

  constructor(host: Host, tab: Storage, options: GreeterOptions) {
    this.#host = host;
    this.#tab = tab;
    this.#options = options;
  }

  start(): void {
    const rule = this.#host.settings.greetings.find(({ pages }) => fits(pages, location.pathname));
    if (rule === undefined || this.#tab.get(GREETED) !== null) return;
    this.#timer = setTimeout(() => this.#greet(rule), rule.after * 1_000);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#bubble?.remove();
    this.#bubble = null;
  }

  #greet(rule: GreetingRule): void {
    if (!this.#options.wanted() || this.#tab.get(GREETED) !== null) return;
    const bubble = this.#make(rule.text);
    this.#host.frame.append(bubble);
    if (document.hidden || this.#covers(bubble)) {
      bubble.remove();
      this.#timer = setTimeout(() => this.#greet(rule), 1_500);
      return;
    }
    this.#bubble = bubble;
    this.#tab.set(GREETED, "1");
    this.#host.announce(rule.text);
  }

  #make(text: string): HTMLElement {
    return make(
      "div",
      { class: "teaser", "data-testid": "teaser" },
      button({ class: "teaser-text", dir: "auto" }, () => this.#options.open(), text),
      button({ class: "icon-button", "aria-label": words.close }, () => this.stop(), icon("close")),
    );
  }

  /** True while a consent banner is on the page, or something of the site lies where the greeting would. */
  #covers(bubble: HTMLElement): boolean {
    const { greetingHold } = this.#host.settings;
    const banners = [...document.querySelectorAll(BANNERS)];
    try {
      if (greetingHold !== null) banners.push(...document.querySelectorAll(greetingHold));
    } catch {
      console.warn(`CHHA front desk: data-greeting-hold="${greetingHold}" is not a selector.`);
    }
    for (const element of document.body.querySelectorAll(MAYBE)) {
      if (SURELY.test(`${element.id} ${element.classList.value}`) || floats(element)) banners.push(element);
    }
    if (banners.some(shown)) return true;
    const { left, right, top, bottom } = bubble.getBoundingClientRect();
    return [left + 4, (left + right) / 2, right - 4].some((x) =>
      [top + 4, (top + bottom) / 2, bottom - 4].some((y) =>
        document.elementsFromPoint(x, y).some((element) => element !== this.#host.element && floats(element)),
      ),
    );
  }
}

function shown(element: Element): boolean {
  const { width, height } = element.getBoundingClientRect();
  const { visibility, display, opacity } = getComputedStyle(element);
  return width > 0 && height > 0 && visibility !== "hidden" && display !== "none" && opacity !== "0";
}

/** Whether it lies over the page instead of in it: a banner, a bar, a window of the site's own. */
function floats(element: Element): boolean {
  for (let at: Element | null = element; at !== null && at !== document.documentElement; at = at.parentElement) {
    if (["fixed", "sticky"].includes(getComputedStyle(at).position)) return true;
  }
  return false;
}
