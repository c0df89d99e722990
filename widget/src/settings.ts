// Settings room: what a site may set on the script tag or on the element. Unknown values are reported, never guessed.

import { type AccentColours, accentColours } from "./accent";
import type { Language } from "./words/catalogue";
import { fitting } from "./words/choice";

/** A greeting that offers help on certain pages after a while. */
export interface GreetingRule {
  /** Paths with `*` for anything, separated by spaces; "*" for every page. */
  readonly pages: string;
  /** Seconds on the page. */
  readonly after: number;
  readonly text: string;
}

export interface Settings {
  /** Origin of the front desk, without a slash at the end. */
  readonly server: string;
  /** Heading of the panel, or null for the organization's own. */
  readonly title: string | null;
  /** Open by itself when the page has loaded. */
  readonly open: boolean;
  readonly accent: AccentColours | null;
  /** The frame's language as the site wants it, or null. */
  readonly language: Language | null;
  /** The first rule that fits the page counts. */
  readonly greetings: readonly GreetingRule[];
  /** CSS selector of what a greeting must never cover, beside the consent banners that are known. */
  readonly greetingHold: string | null;
  /** The site's signed token about its signed-in person, or null. */
  readonly identity: string | null;
}

/** @param origin where the script came from: the front desk, unless `data-server` says otherwise */
export function readSettings(element: Element, origin: string): Settings {
  const text = (name: string): string | null => {
    const value = element.getAttribute(name)?.trim() ?? "";
    return value === "" ? null : value;
  };
  const accent = element.getAttribute("data-accent");
  const colours = accent === null ? null : accentColours(accent);
  if (accent !== null && colours === null) {
    console.warn(`CHHA front desk: data-accent="${accent}" is not a colour of the form #rrggbb and is left out.`);
  }
  const asked = text("data-lang");
  const language = fitting(asked);
  if (asked !== null && language === null) {
    console.warn(`CHHA front desk: data-lang="${asked}" is not a language of the frame and is left out.`);
  }
  const open = element.getAttribute("data-open");
  return {
    server: readServer(element.getAttribute("data-server"), origin),
    title: text("data-title"),
    open: open !== null && !/^(false|no|0)$/i.test(open.trim()),
    accent: colours,
    language,
    greetings: readGreetings(text),
    greetingHold: text("data-greeting-hold"),
    identity: text("data-identity"),
  };
}

function readGreetings(text: (name: string) => string | null): GreetingRule[] {
  const rules: GreetingRule[] = [];
  const many = text("data-greetings");
  if (many !== null) {
    try {
      for (const entry of JSON.parse(many) as unknown[]) rules.push(rule(entry as Partial<GreetingRule>));
    } catch {
      console.warn("CHHA front desk: data-greetings must be a JSON list; see the widget's README.");
    }
  }
  const one = text("data-greeting");
  if (one !== null) {
    rules.push(rule({ text: one, pages: text("data-greeting-pages") ?? "*", after: Number(text("data-greeting-after") ?? 15) }));
  }
  return rules.filter(({ text }) => text !== "");
}

function rule({ pages, after, text }: Partial<GreetingRule>): GreetingRule {
  return {
    pages: typeof pages === "string" ? pages : "*",
    after: typeof after === "number" && after >= 0 ? Math.min(after, 86_400) : 15,
    text: typeof text === "string" ? text.trim().slice(0, 300) : "",
  };
}

/** Whether a rule's pages fit a path. */
export function fits(pages: string, path: string): boolean {
  return pages.split(/\s+/).some((pattern) => {
    const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
    return pattern !== "" && new RegExp(`^${parts.join(".*")}$`).test(path);
  });
}

function readServer(value: string | null, origin: string): string {
  if (value === null || value.trim() === "") return origin;
  try {
    const url = new URL(value, origin);
    if (url.protocol === "http:" || url.protocol === "https:") return url.href.replace(/\/+$/, "");
  } catch {
    // Reported below.
  }
  console.warn(`CHHA front desk: data-server="${value}" is not a web address; ${origin} is used.`);
  return origin;
}
