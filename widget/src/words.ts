// Words room: every word of the frame in the language that is spoken now. What the bot and the team say is not here: it
// comes from the server. English comes along, the other catalogues are loaded when they are chosen.

import type { ApiError } from "./api";
import type { ConversationState, OfficeHours } from "./protocol";
import { type Catalogue, type Language, type Plural, type Texts } from "./words/catalogue";
import en from "./words/en";

/**
 * What the frame's own buttons say for the visitor. English in every language of the frame, because the assistant
 * reads English; a visitor sees it in the thread as it was sent.
 */
export const SAID = {
  difference: "What is the difference between internship and residency?",
  apply: "I want to apply",
  person: "Talk to a person",
  skip: "skip",
  why: "Why do you ask for this?",
  change: (label: string): string => `change my ${lowerFirst(label)}`,
  /** "2027-03" in words that every reader takes the same way. */
  month: (value: string): string =>
    new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${value}-01`)),
};

const LOADERS: Readonly<Record<Exclude<Language, "en">, () => Promise<{ default: Catalogue }>>> = {
  es: () => import("./words/es"),
  ar: () => import("./words/ar"),
  hi: () => import("./words/hi"),
  pt: () => import("./words/pt"),
  fr: () => import("./words/fr"),
  "zh-Hans": () => import("./words/zh-hans"),
};

/** The words of now. Views read them when they draw; another language draws anew. */
export let words = speakIn(en, navigator.language);

/** Speaks another language from now on. @throws when its catalogue cannot be loaded; then nothing has changed. */
export async function speak(language: Language): Promise<void> {
  const catalogue = language === "en" ? en : (await LOADERS[language]()).default;
  words = speakIn(catalogue, navigator.language);
}

type Values = Readonly<Record<string, string | number>>;

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

const DAY = 86_400_000;

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

export type Words = ReturnType<typeof speakIn>;

/** @param visitors the browser's own language: its habits of dates count where it is a form of the frame's */
export function speakIn(catalogue: Catalogue, visitors: string) {
  const texts: Texts = catalogue.texts;
  const base = catalogue.language.split("-")[0] ?? "en";
  const locale = visitors.toLowerCase().startsWith(base) && base !== "zh" ? visitors : catalogue.language;
  const numbers = new Intl.NumberFormat(locale);
  const plurals = new Intl.PluralRules(catalogue.language);
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
  const counted = (plural: Plural, n: number): string =>
    fill(plural[plurals.select(n)] ?? plural.other, { n: numbers.format(n) });
  const filled = (text: string) => (values: Values): string => fill(text, values);

  return {
    ...texts,
    locale,
    language: catalogue.language,
    direction: catalogue.direction,
    languageLabel: texts.language,
    title: (name: string) => fill(texts.title, { name }),
    newMessage: (name: string) => fill(texts.newMessage, { name }),
    mailed: (email: string) => fill(texts.mailed, { email }),
    fields: {
      email: texts.fieldEmail,
      phone: texts.fieldPhone,
      full_name: texts.fieldName,
      preferred_start: texts.fieldMonth,
      duration_weeks: texts.fieldNumber,
      graduation_year: texts.year,
      match_year: texts.year,
    } as Readonly<Record<string, string>>,
    charactersLeft: (n: number) => counted(texts.charactersLeft, n),
    tooLong: (n: number) => counted(texts.tooLong, n),
    attachTo: (document: string) => fill(texts.attachTo, { document }),
    fileSending: (name: string, percent: number) => fill(texts.fileSending, { name, percent: numbers.format(percent) }),
    fileWaiting: (name: string) => fill(texts.fileWaiting, { name }),
    fileSent: (name: string) => fill(texts.fileSent, { name }),
    fileFailed: (name: string, why: string) => fill(texts.fileFailed, { name, why }).trim(),
    fileTooLarge: (bytes: number) => fill(texts.fileTooLarge, { size: numbers.format(Math.floor(bytes / 100_000) / 10) }),
    fileMore: filled(texts.fileMore),
    holder: (state: ConversationState): string => {
      switch (state.holder) {
        case "bot":
          return texts.holderBot;
        case "queued":
          return texts.holderQueued;
        case "assigned":
          return state.staff === null ? texts.holderPerson : fill(texts.holderNamed, { name: state.staff.name });
        case "closed":
          return texts.holderClosed;
      }
    },
    typing: (name: string) => fill(texts.typing, { name }),
    pausedFor: (seconds: number) => counted(texts.pausedFor, seconds),
    saidStaff: (name: string) => fill(texts.saidStaff, { name }),
    states: { sending: texts.stateSending, waiting: texts.stateWaiting, sent: texts.stateSent, failed: texts.stateFailed },
    step: (step: number, steps: number) => fill(texts.step, { step: numbers.format(step), steps: numbers.format(steps) }),
    reviewed: (date: string) => fill(texts.reviewed, { date }),
    changeItem: (label: string) => fill(texts.changeItem, { label }),
    copyReference: (reference: string) => fill(texts.copyReference, { reference }),
    waitingMinutes: (minutes: number) => counted(texts.waitingMinutes, Math.max(minutes, 1)),
    safety: {
      crisis: texts.safetyCrisis,
      emergency: texts.safetyEmergency,
      harassment: texts.safetyHarassment,
      other: texts.safetyOther,
    } as Readonly<Record<string, string>>,
    call: (label: string) => fill(texts.call, { label }),
    hours: (hours: OfficeHours, now: Date): string => {
      if (hours.open) return texts.teamHere;
      const at = hours.next_open === null ? NaN : Date.parse(hours.next_open);
      if (Number.isNaN(at) || at <= now.getTime()) return texts.teamAway;
      const date = new Date(at);
      const days = Math.round((midnight(date) - midnight(now)) / DAY);
      const text = days === 0 ? texts.todayAt : days === 1 ? texts.tomorrowAt : texts.dayAt;
      const day = days < 7 ? weekday(date) : longDate(date);
      return fill(texts.teamBack, { when: fill(text, { day, time: time(date) }) });
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
