// Words room: every word of the frame, in one catalogue, so that another language is another object of this shape.
// What the bot and the team say is not here: it comes from the server.

import type { ApiError } from "./api";
import type { ConversationState, OfficeHours } from "./protocol";

/** Dates and times in the visitor's own habit where it is a form of English, the language of this catalogue. */
export const LOCALE = /^en\b/i.test(navigator.language) ? navigator.language : "en";

const time = new Intl.DateTimeFormat(LOCALE, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(LOCALE, { weekday: "long" });
const longDate = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long", year: "numeric" });
const dayAndMonth = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long" });
// A review date is a calendar day, not a moment: it must not slip to the day before west of Greenwich.
const calendarDate = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

const DAY = 86_400_000;

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

export const words = {
  launcher: "Ask CHHA",
  /** Begins with what is written on it, for visitors who press by voice. */
  openChat: "Ask CHHA. Open chat",
  openChatUnread: (count: number): string => `Ask CHHA. Open chat, ${count} new ${count === 1 ? "message" : "messages"}`,
  closeChat: "Close chat",
  title: (name: string): string => `${name} front desk`,
  menu: "More options",
  startOver: "Start a new conversation",
  startOverQuestion: "Start over? This device then forgets the conversation so far.",
  startOverYes: "Start over",
  cancel: "Cancel",
  log: "Conversation",
  newest: "Newest messages",
  newMessage: (name: string): string => `New message from ${name}`,

  field: "Your message",
  fields: {
    email: "Your email address",
    phone: "Your phone number, with country code",
    full_name: "Your full name",
  } as Readonly<Record<string, string>>,
  send: "Send",
  charactersLeft: (count: number): string => `${count} ${count === 1 ? "character" : "characters"} left`,
  tooLong: (count: number): string =>
    `Too long by ${count} ${count === 1 ? "character" : "characters"}. Please shorten it or send it in two messages.`,

  holder: (state: ConversationState): string => {
    switch (state.holder) {
      case "bot":
        return "Automated assistant";
      case "queued":
        return "Waiting for a person";
      case "assigned":
        return state.staff === null ? "A person is with you" : `${state.staff.name} is with you`;
      case "closed":
        return "Conversation closed";
    }
  },
  closed: "This conversation is closed. You can still write here, or start a new one.",
  renewed: "The earlier conversation could not be continued, so this is a new one.",
  offline: "You are offline. Your messages wait here and are sent when you are back.",
  down: "We cannot reach the front desk right now. Trying again…",
  pausedFor: (seconds: number): string =>
    `You are writing faster than we can take it. The next message is sent in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`,
  writing: "Writing…",
  loading: "Fetching your conversation…",

  said: { you: "You said:", bot: "Assistant said:", staff: (name: string): string => `${name} said:`, system: "Note:" },
  team: "The team",
  states: { sending: "Sending…", waiting: "Not sent yet. Trying again…", sent: "Sent", failed: "Not sent." },
  tryAgain: "Try again",
  tryNow: "Try now",
  remove: "Remove",

  replies: "Choose an answer",
  suggestions: "You could also ask",
  starters: ["What is the difference between internship and residency?", "I want to apply", "Talk to a person"],
  starterLabel: "Questions to start with",
  skip: "Skip",
  skipText: "skip",
  why: "Why do you ask?",
  whyText: "Why do you ask for this?",
  step: (step: number, steps: number): string => `Step ${step} of ${steps}`,
  optional: "Optional",
  sources: "Sources",
  newTab: "opens in a new tab",
  reviewed: (date: string): string => `Reviewed on ${date}`,
  change: "Change",
  changeItem: (label: string): string => `Change ${label}`,
  changeText: (label: string): string => `change my ${lowerFirst(label)}`,
  empty: "not given",
  reference: "Your reference",
  applicationSent: "Application sent",
  copy: "Copy",
  copyReference: (reference: string): string => `Copy reference ${reference}`,
  copied: "Copied",
  copyFailed: "Could not copy. Please select the reference and copy it.",
  waitingMinutes: (minutes: number): string =>
    minutes < 1 ? "Usually answered within a minute" : `Usually answered within ${minutes} ${minutes === 1 ? "minute" : "minutes"}`,
  handoff: { available: "Passed to the team", unavailable: "Message for the team" },
  status: "State of your application",
  safety: {
    crisis: "Help is there for you now",
    emergency: "Get emergency help now",
    harassment: "Your safety comes first",
    other: "Help is available",
  },
  call: (label: string): string => `Call ${label}`,
  consentLabel: "About this chat",
  hours: (hours: OfficeHours, now: Date): string => {
    if (hours.open) return "Our team is available now.";
    const at = hours.next_open === null ? NaN : Date.parse(hours.next_open);
    if (Number.isNaN(at) || at <= now.getTime()) return "Our team is away at the moment. The assistant answers at any time.";
    const date = new Date(at);
    const days = Math.round((midnight(date) - midnight(now)) / DAY);
    const day = days === 0 ? "today" : days === 1 ? "tomorrow" : days < 7 ? `on ${weekday.format(date)}` : `on ${longDate.format(date)}`;
    return `The assistant answers at any time. Our team is back ${day} at ${time.format(date)} (your time).`;
  },

  time: (at: Date): string => time.format(at),
  day: (at: Date, now: Date): string => {
    const days = Math.round((midnight(now) - midnight(at)) / DAY);
    if (days === 0) return "Today";
    if (days === 1) return "Yesterday";
    return at.getFullYear() === now.getFullYear() ? dayAndMonth.format(at) : longDate.format(at);
  },
  date: (iso: string): string => {
    const at = Date.parse(iso);
    return Number.isNaN(at) ? iso : calendarDate.format(new Date(at));
  },

  /** A refusal in plain words; the server's own sentence where it wrote one for people. */
  refusal: (error: ApiError): string => {
    if (error.status === 413) return "This message is too long. Please shorten it.";
    if (error.status === 403) return "This website may not send messages to the front desk.";
    // The name of the faulty part ("text: …") is for programs.
    const detail = error.detail?.replace(/^\w+: (?=\S)/, "") ?? "";
    if (detail.length <= 200 && /\s/.test(detail)) return upperFirst(/[.!?]$/.test(detail) ? detail : `${detail}.`);
    return "The front desk could not take this message. Please write it in other words.";
  },
};

function upperFirst(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** "Full name" → "full name", but "USMLE Step 1" stays. */
function lowerFirst(label: string): string {
  const second = label.charAt(1);
  return second !== second.toUpperCase() ? label.charAt(0).toLowerCase() + label.slice(1) : label;
}
