// Words room: every word of the frame in the language that is spoken now. What the bot and the team say is not here: it
// comes from the server. English comes along, the other catalogues are loaded when they are chosen.

import type { ApiError } from "./api";
import type { ConversationState, OfficeHours } from "./protocol";
import type { Catalogue, English, Language, Texts } from "./words/catalogue";
import en from "./words/en";
import { swapped } from "./words/packing";

/**
 * What the frame's own buttons say for the visitor. English in every language of the frame, because the assistant
 * reads English; a visitor sees it in the thread as it was sent.
 */
export const SAID = {
  difference: en.texts.starterDifference,
  apply: en.texts.starterApply,
  person: en.texts.starterPerson,
  skip: "skip",
  why: "Why do you ask for this?",
  change: (label: string): string => `change my ${lowerFirst(label)}`,
  /** "2027-03" in words that every reader takes the same way. */
  month: (value: string): string =>
    new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${value}-01`)),
};

const latin = () => import("packed:latin");
const PACKS: Readonly<Record<Exclude<Language, "en">, () => Promise<{ default: Readonly<Record<string, string>> }>>> = {
  es: latin,
  pt: latin,
  fr: latin,
  ar: () => import("packed:arabic"),
  hi: () => import("packed:devanagari"),
  "zh-Hans": () => import("packed:chinese"),
};

/** The words of now. Views read them when they draw; another language draws anew. */
export let words = speakIn(en, navigator.language);

/** Speaks another language from now on. @throws when its catalogue cannot be loaded; then nothing has changed. */
export async function speak(language: Language): Promise<void> {
  words = speakIn(language === "en" ? en : catalogue(language, (await PACKS[language]()).default[language] ?? ""), navigator.language);
}

function catalogue(language: Language, packed: string): Catalogue {
  const lines = swapped(packed, language).split("\n");
  const texts: Record<string, string | undefined> = {};
  let index = 0;
  // By their order alone: the build gives the keys other names.
  for (const key in en.texts) texts[key] = lines[index++];
  return { language, texts: Object.assign({}, en.texts, texts) };
}

type Values = Readonly<Record<string, string | number>>;

/** A text with places is filled by calling it, such as `words.title({ name })`; numbers in the language's own digits. */
type Said = { readonly [Key in keyof English]: English[Key] extends `${string}{${string}` ? (values: Values) => string : string };

type Fill = (text: string) => (values: Values) => string;

function sayable(texts: Texts, fill: Fill): Said;
function sayable(texts: Readonly<Record<string, string>>, fill: Fill): Readonly<Record<string, ReturnType<Fill> | string>> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, text.includes("{") ? fill(text) : text]));
}

const DAY = 86_400_000;

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

export type Words = ReturnType<typeof speakIn>;

/** @param visitors the browser's own language: its habits of dates count where it is a form of the frame's */
export function speakIn({ language, texts }: Catalogue, visitors: string) {
  const base = language.split("-")[0] ?? "en";
  const locale = visitors.toLowerCase().startsWith(base) && base !== "zh" ? visitors : language;
  const numbers = new Intl.NumberFormat(locale);
  const format = (options: Intl.DateTimeFormatOptions): ((at: Date) => string) => {
    let made: Intl.DateTimeFormat | undefined;
    return (at) => (made ??= new Intl.DateTimeFormat(locale, options)).format(at);
  };
  const time = format({ hour: "numeric", minute: "2-digit" });
  const weekday = format({ weekday: "long" });
  const longDate = format({ day: "numeric", month: "long", year: "numeric" });
  const dayAndMonth = format({ weekday: "long", day: "numeric", month: "long" });
  const monthName = format({ month: "long", timeZone: "UTC" });
  // A review date is a calendar day, not a moment: it must not slip to the day before west of Greenwich.
  const calendarDate = format({ day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const fill: Fill = (text) => (values) =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name] ?? whole;
      return typeof value === "number" ? numbers.format(value) : value;
    });
  return {
    ...sayable(texts, fill),
    fields: {
      email: texts.fieldEmail,
      phone: texts.fieldPhone,
      full_name: texts.fieldName,
      preferred_start: texts.fieldMonth,
      duration_weeks: texts.fieldNumber,
      graduation_year: texts.year,
      match_year: texts.year,
    } as Readonly<Record<string, string>>,
    fileTooLarge: (bytes: number) => fill(texts.fileTooLarge)({ size: Math.floor(bytes / 100_000) / 10 }),
    holder: (state: ConversationState): string => {
      switch (state.holder) {
        case "bot":
          return texts.holderBot;
        case "queued":
          return texts.holderQueued;
        case "assigned":
          return state.staff === null ? texts.holderPerson : fill(texts.holderNamed)({ name: state.staff.name });
        case "closed":
          return texts.holderClosed;
      }
    },
    states: { sending: texts.stateSending, waiting: texts.stateWaiting, sent: texts.stateSent, failed: texts.stateFailed },
    /** "in 5 minutes" */
    soon: (count: number, unit: "second" | "minute") => new Intl.RelativeTimeFormat(locale).format(count, unit),
    safety: {
      emergency: texts.safetyEmergency,
      harassment: texts.safetyHarassment,
    } as Readonly<Record<string, string>>,
    hours: (hours: OfficeHours, now: Date): string => {
      if (hours.open) return texts.teamHere;
      const at = hours.next_open === null ? NaN : Date.parse(hours.next_open);
      if (Number.isNaN(at) || at <= now.getTime()) return texts.teamAway;
      const date = new Date(at);
      const days = Math.round((midnight(date) - midnight(now)) / DAY);
      const text = days === 0 ? texts.todayAt : days === 1 ? texts.tomorrowAt : texts.dayAt;
      const day = days < 7 ? weekday(date) : longDate(date);
      return fill(texts.teamBack)({ when: fill(text)({ day, time: time(date) }) });
    },
    time,
    monthName: (month: number) => monthName(new Date(Date.UTC(2026, month - 1, 1))),
    day: (at: Date, now: Date): string => {
      const days = Math.round((midnight(now) - midnight(at)) / DAY);
      if (days === 0) return texts.today;
      if (days === 1) return texts.yesterday;
      return at.getFullYear() === now.getFullYear() ? dayAndMonth(at) : longDate(at);
    },
    date: (iso: string): string => {
      const at = Date.parse(iso);
      return Number.isNaN(at) ? iso : calendarDate(new Date(at));
    },
    /** A refusal in plain words; the server's own sentence where it wrote one for people. */
    refusal: (error: ApiError): string => {
      if (error.status === 413) return texts.refusedTooLong;
      if (error.status === 403) return texts.refusedSite;
      // The name of the faulty part ("text: …") is for programs.
      const detail = error.detail?.replace(/^\w+: (?=\S)/, "") ?? "";
      if (detail.length <= 200 && /\s/.test(detail)) return upperFirst(/[.!?]$/.test(detail) ? detail : `${detail}.`);
      return texts.refused;
    },
  };
}

function upperFirst(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** "Full name" → "full name", but "USMLE Step 1" stays. */
function lowerFirst(label: string): string {
  const second = label.charAt(1);
  return second !== second.toUpperCase() ? label.charAt(0).toLowerCase() + label.slice(1) : label;
}
