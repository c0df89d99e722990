// Settings room: what a site may set on the script tag or on the element. Unknown values are reported, never guessed.

import { type AccentColours, accentColours } from "./accent";

export interface Settings {
  /** Origin of the front desk, without a slash at the end. */
  readonly server: string;
  /** Heading of the panel, or null for the organization's own. */
  readonly title: string | null;
  /** Open by itself when the page has loaded. */
  readonly open: boolean;
  readonly accent: AccentColours | null;
}

export const ATTRIBUTES = ["data-server", "data-title", "data-open", "data-accent"] as const;

/** @param origin where the script came from: the front desk, unless `data-server` says otherwise */
export function readSettings(element: Element, origin: string): Settings {
  const accent = element.getAttribute("data-accent");
  const colours = accent === null ? null : accentColours(accent);
  if (accent !== null && colours === null) {
    console.warn(`CHHA front desk: data-accent="${accent}" is not a colour of the form #rrggbb and is left out.`);
  }
  const title = element.getAttribute("data-title")?.trim() ?? "";
  const open = element.getAttribute("data-open");
  return {
    server: readServer(element.getAttribute("data-server"), origin),
    title: title === "" ? null : title,
    open: open !== null && !/^(false|no|0)$/i.test(open.trim()),
    accent: colours,
  };
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
