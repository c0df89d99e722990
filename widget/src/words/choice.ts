// Words room, the choice of a language. Pure; imports only the list of languages.

import { type Language, LANGUAGES } from "./catalogue";

/** The frame's language that fits a BCP 47 tag ("pt-BR" → "pt", "zh-CN" → "zh-Hans"), or null. */
export function fitting(tag: string | null | undefined): Language | null {
  const parts = (tag ?? "").trim().toLowerCase().split(/[-_]/);
  const [first] = parts;
  // Traditional characters are another script: English is no worse a guess than the wrong one.
  if (first === "zh") return /hant|tw|hk|mo/.test(parts.join()) ? null : "zh-Hans";
  return first !== undefined && Object.hasOwn(LANGUAGES, first) ? (first as Language) : null;
}

/** The first of the tags that the frame speaks; English when none. */
export function choose(tags: readonly (string | null | undefined)[]): Language {
  for (const tag of tags) {
    const found = fitting(tag);
    if (found !== null) return found;
  }
  return "en";
}
