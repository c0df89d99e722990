// Words room, the shape of a catalogue: what a language of the frame has to say. Pure data: `{name}` is filled in. Texts
// are worded so that no number changes them; durations are put into words by the browser. Imports nothing.

export interface Catalogue {
  /** BCP 47, for dates, plurals and the frame's `lang`. */
  readonly language: string;
  readonly texts: Texts;
}

/** The languages of the frame by their own names, in the order of the menu. */
export const LANGUAGES = {
  en: "English",
  es: "Español",
  ar: "العربية",
  hi: "हिन्दी",
  pt: "Português",
  fr: "Français",
  "zh-Hans": "简体中文",
} as const;

export type Language = keyof typeof LANGUAGES;

/** English with its words, from which the types know which texts have places to fill. */
export type English = typeof import("./en").default.texts;

/** The same keys as English. */
export type Texts = { readonly [Key in keyof English]: string };
