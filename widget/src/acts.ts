// Acts room: reads what a reply says about itself into what can be drawn. Payloads are untrusted JSON; a part that
// cannot be read is left out, never guessed. Imports only shapes and the rule for links; must not touch the DOM.

import { safeHref, telHref } from "./links";
import { type Act, isRecord, textOrNull } from "./protocol";

/** A button. `index` is the option's place in the act's list: the server knows it by that. */
export interface Option {
  readonly index: number;
  readonly label: string;
}

export interface Source {
  readonly title: string;
  readonly href: string | null;
}

export interface Contact {
  readonly label: string;
  readonly href: string;
  readonly phone: boolean;
}

/** A paper of an application: `missing`, `here`, or `open` where it may be added. */
export interface Paper {
  readonly key: string;
  readonly label: string;
  readonly state: "missing" | "here" | "open";
}

export interface SummaryItem {
  readonly field: string;
  readonly label: string;
  readonly value: string;
}

export interface SummaryGroup {
  readonly title: string;
  readonly items: readonly SummaryItem[];
}

/** The part of an act that the widget draws; everything is optional because acts differ. */
export interface Presentation {
  readonly act: string;
  /** `reply`: answers to a question of the bot; `suggestion`: further questions one may ask. */
  readonly options: readonly Option[];
  readonly optionKind: "reply" | "suggestion";
  readonly sources: readonly Source[];
  readonly reviewed: string | null;
  readonly field: string | null;
  readonly step: number | null;
  readonly steps: number | null;
  readonly stepName: string | null;
  readonly optional: boolean;
  readonly summary: readonly SummaryGroup[];
  readonly papers: readonly Paper[];
  readonly event: string | null;
  readonly reference: string | null;
  readonly status: string | null;
  readonly kind: string | null;
  readonly contacts: readonly Contact[];
  readonly available: boolean | null;
  /** Expected wait in minutes. */
  readonly waiting: number | null;
  /** A file that a person sent. `size` in bytes. */
  readonly file: { readonly id: string; readonly name: string; readonly size: number } | null;
}

const NOTHING: Presentation = {
  act: "",
  options: [],
  optionKind: "reply",
  sources: [],
  reviewed: null,
  field: null,
  step: null,
  steps: null,
  stepName: null,
  optional: false,
  summary: [],
  papers: [],
  event: null,
  reference: null,
  status: null,
  kind: null,
  contacts: [],
  available: null,
  waiting: null,
  file: null,
};

/** Reads an act; a message without one has nothing to draw but its text. */
export function present(act: Act | null): Presentation {
  if (act === null) return NOTHING;
  const replies = options(act.options) ?? options(act.choices);
  return {
    act: act.act,
    options: replies ?? options(act.next) ?? [],
    optionKind: replies === null ? "suggestion" : "reply",
    sources: sources(act.sources),
    reviewed: textOrNull(act.reviewed),
    field: textOrNull(act.field),
    step: wholeNumber(act.step),
    steps: wholeNumber(act.steps),
    stepName: textOrNull(act.step_name) ?? textOrNull(act.step_title),
    optional: act.optional === true,
    summary: summary(act.summary),
    papers: papers(act.documents),
    event: textOrNull(act.event),
    reference: textOrNull(act.reference),
    status: textOrNull(act.state),
    kind: textOrNull(act.kind),
    contacts: contacts(act.contacts),
    available: typeof act.available === "boolean" ? act.available : null,
    waiting: wholeNumber(act.waiting),
    file: file(act.file),
  };
}

function file(value: unknown): Presentation["file"] {
  const id = isRecord(value) ? textOrNull(value.id) : null;
  return id === null || !isRecord(value) ? null : { id, name: textOrNull(value.name) ?? "file", size: wholeNumber(value.size) ?? 0 };
}

function wholeNumber(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? Math.round(value) : null;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** Null when there is no such list, so that the next kind of list is tried. */
function options(value: unknown): Option[] | null {
  const found: Option[] = [];
  list(value).forEach((entry, index) => {
    const label = isRecord(entry) ? (textOrNull(entry.label) ?? textOrNull(entry.value)) : textOrNull(entry);
    if (label !== null) found.push({ index, label });
  });
  return found.length === 0 ? null : found;
}

function sources(value: unknown): Source[] {
  const found: Source[] = [];
  for (const entry of list(value)) {
    if (!isRecord(entry)) continue;
    const url = textOrNull(entry.url);
    const href = url === null ? null : safeHref(url);
    const title = textOrNull(entry.title) ?? (href === null ? null : new URL(href).hostname);
    if (title !== null) found.push({ title, href });
  }
  return found;
}

function papers(value: unknown): Paper[] {
  const found: Paper[] = [];
  for (const entry of list(value)) {
    if (!isRecord(entry)) continue;
    const key = textOrNull(entry.key);
    if (key === null) continue;
    const here = typeof entry.state === "string" && !["missing", "rejected"].includes(entry.state);
    const state = here ? "here" : entry.required === false ? "open" : "missing";
    found.push({ key, label: textOrNull(entry.label) ?? key, state });
  }
  return found;
}

function contacts(value: unknown): Contact[] {
  const found: Contact[] = [];
  for (const entry of list(value)) {
    if (!isRecord(entry)) continue;
    const tel = textOrNull(entry.tel);
    const url = textOrNull(entry.url);
    const href = tel !== null ? telHref(tel) : url !== null ? safeHref(url) : null;
    if (href === null) continue;
    const label = textOrNull(entry.label) ?? tel ?? url ?? href;
    found.push({ label, href, phone: href.startsWith("tel:") });
  }
  return found;
}

/** The words around what is drawn: `text` before it, `after` below it. */
export interface Words {
  readonly text: string;
  readonly after: string;
  readonly stepName: string | null;
}

/**
 * The words of a message without what its drawing says anyway. Texts are written for every channel, so for those
 * without pictures a step and a review stand in words, too.
 */
export function wordsBeside(text: string, shown: Presentation): Words {
  let rest = text;
  let { stepName } = shown;
  if (shown.act === "question" && shown.step !== null && shown.steps !== null) {
    const spoken = new RegExp(`(^|\\s)Step ${shown.step} of ${shown.steps}(?:: ([^.:\\n]{1,40}))?\\.\\s+`).exec(text);
    if (spoken !== null) {
      stepName ??= spoken[2] ?? null;
      rest = text.replace(spoken[0], spoken[1] ?? "");
    }
  }
  const drawn = new Set(
    shown.summary.flatMap((group) => [group.title, ...group.items.map((item) => `- ${item.label}: ${item.value}`.trim())]),
  );
  const lines = rest.split("\n");
  const first = lines.findIndex((line) => drawn.has(line.trim()));
  const outside = (part: readonly string[]): string =>
    part
      .filter((line) => !drawn.has(line.trim()))
      .join("\n")
      .trim();
  const [before, after] = first < 0 ? [rest, ""] : [outside(lines.slice(0, first)), outside(lines.slice(first))];
  // Never less than something: a drawing without a word would be announced as silence.
  return before === "" && after === "" ? { text, after, stepName } : { text: before, after, stepName };
}

/** Help that the text itself names: emergency numbers and links, for a reply that brings no list of contacts. */
export function contactsIn(text: string): Contact[] {
  const found = new Map<string, Contact>();
  for (const [number] of text.matchAll(/(?<![\w+#/.-])(?:988|911|112|999)(?![\w/-])/g)) {
    found.set(number, { label: number, href: `tel:${number}`, phone: true });
  }
  for (const [address] of text.matchAll(/https?:\/\/[^\s<>()[\]"'*]+[^\s<>()[\]"'*.,;:!?]/g)) {
    const href = safeHref(address);
    if (href !== null) found.set(href, { label: new URL(href).hostname.replace(/^www\./, ""), href, phone: false });
  }
  return [...found.values()];
}

function summary(value: unknown): SummaryGroup[] {
  const groups: SummaryGroup[] = [];
  for (const entry of list(value)) {
    if (!isRecord(entry)) continue;
    const items: SummaryItem[] = [];
    for (const item of list(entry.items)) {
      if (!isRecord(item)) continue;
      const label = textOrNull(item.label) ?? textOrNull(item.field);
      if (label === null) continue;
      items.push({ field: textOrNull(item.field) ?? label, label, value: words(item.value) });
    }
    if (items.length > 0) groups.push({ title: textOrNull(entry.title) ?? "", items });
  }
  return groups;
}

function words(value: unknown): string {
  if (Array.isArray(value)) return value.map(words).filter(Boolean).join(", ");
  return textOrNull(value) ?? "";
}
