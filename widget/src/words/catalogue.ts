// Words room, the shape of a catalogue: what a language of the frame has to say. Pure data: `{name}` is filled in, plural
// forms go by the language's own categories (Unicode CLDR, as `Intl.PluralRules` names them). Imports nothing.

export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };

export interface Catalogue {
  /** BCP 47, for dates, plurals and the frame's `lang`. */
  readonly language: string;
  readonly direction: "ltr" | "rtl";
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

type English = typeof import("./en").default.texts;

/** The same keys as English; a plural stays a plural. */
export type Texts = { readonly [Key in keyof English]: English[Key] extends string ? string : Plural };
