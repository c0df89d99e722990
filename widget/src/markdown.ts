// Markdown room: a small, safe subset (bold, lists, links, line breaks) from text to DOM nodes.
// Never parses HTML: what is not in the subset stays the text that it is. Imports only the rule for links.

import { safeHref } from "./links";

const MAX_DEPTH = 4;
const ESCAPABLE = /[\\`*_{}[\]()#+\-.!<>~|]/;

/** Builds the nodes for a message. The text may come from anybody. */
export function markdown(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  let paragraph: string[] = [];

  const closeParagraph = (): void => {
    if (paragraph.length === 0) return;
    const element = document.createElement("p");
    paragraph.forEach((line, index) => {
      if (index > 0) element.append(document.createElement("br"));
      inline(element, line, 0);
    });
    fragment.append(element);
    paragraph = [];
  };

  for (let index = 0; index < lines.length; ) {
    const line = lines[index] ?? "";
    if (line.trim() === "") {
      closeParagraph();
      index += 1;
    } else if (marker(line) !== null) {
      closeParagraph();
      index = list(fragment, lines, index);
    } else {
      paragraph.push(line.trim());
      index += 1;
    }
  }
  closeParagraph();
  return fragment;
}

/** Words as they were typed: nothing but line breaks is given a form. */
export function plain(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  text
    .replace(/\r\n?/g, "\n")
    .split("\n")
    .forEach((line, index) => {
      if (index > 0) fragment.append(document.createElement("br"));
      fragment.append(line);
    });
  return fragment;
}

interface Marker {
  readonly ordered: boolean;
  readonly number: number;
  readonly rest: string;
}

function marker(line: string): Marker | null {
  const bullet = /^ {0,6}[-*•] +(\S.*)$/.exec(line);
  if (bullet !== null) return { ordered: false, number: 1, rest: bullet[1] ?? "" };
  const numbered = /^ {0,6}(\d{1,3})[.)] +(\S.*)$/.exec(line);
  if (numbered !== null) return { ordered: true, number: Number(numbered[1]), rest: numbered[2] ?? "" };
  return null;
}

/** Builds the list that begins at `start` and returns the index of the line after it. */
function list(parent: Node, lines: readonly string[], start: number): number {
  const first = marker(lines[start] ?? "");
  if (first === null) return start + 1;
  const element = document.createElement(first.ordered ? "ol" : "ul");
  if (first.ordered && first.number !== 1) element.setAttribute("start", String(first.number));
  let item: HTMLLIElement | null = null;
  let index = start;
  for (; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    const mark = marker(line);
    if (mark !== null) {
      if (mark.ordered !== first.ordered) break;
      item = document.createElement("li");
      inline(item, mark.rest.trim(), 0);
      element.append(item);
    } else if (item !== null && /^\s+\S/.test(line)) {
      item.append(document.createElement("br"));
      inline(item, line.trim(), 0);
    } else {
      // One empty line between two items does not end a list.
      const next = marker(lines[index + 1] ?? "");
      if (line.trim() === "" && next?.ordered === first.ordered) continue;
      break;
    }
  }
  parent.appendChild(element);
  return index;
}

function inline(parent: Node, text: string, depth: number, links = true): void {
  let words = "";
  let at = 0;
  // Once no closing mark was found, none will be: remembered, so that hostile text costs no more than its length.
  let noMoreStars = false;
  let noMoreUnderscores = false;

  const flush = (): void => {
    if (words !== "") parent.appendChild(document.createTextNode(words));
    words = "";
  };

  while (at < text.length) {
    const char = text.charAt(at);

    if (char === "\\" && ESCAPABLE.test(text.charAt(at + 1))) {
      words += text.charAt(at + 1);
      at += 2;
      continue;
    }

    if ((char === "*" || char === "_") && text.charAt(at + 1) === char && depth < MAX_DEPTH) {
      const exhausted = char === "*" ? noMoreStars : noMoreUnderscores;
      const opens = /\S/.test(text.charAt(at + 2)) && (char === "*" || !/\w/.test(text.charAt(at - 1)));
      const close = exhausted || !opens ? -1 : text.indexOf(char + char, at + 3);
      if (close > 0 && /\S/.test(text.charAt(close - 1))) {
        flush();
        const strong = document.createElement("strong");
        inline(strong, text.slice(at + 2, close), depth + 1, links);
        parent.appendChild(strong);
        at = close + 2;
        continue;
      }
      if (opens && close < 0) {
        if (char === "*") noMoreStars = true;
        else noMoreUnderscores = true;
      }
      words += char + char;
      at += 2;
      continue;
    }

    if (char === "[" && links && depth < MAX_DEPTH) {
      const link = linkAt(text, at);
      if (link !== null) {
        flush();
        const href = safeHref(link.address);
        if (href === null) {
          // An address that may not be followed: its words stay, the address is not shown as if it were fine.
          inline(parent, link.label, depth + 1, false);
        } else {
          const anchor = anchorTo(href);
          inline(anchor, link.label, depth + 1, false);
          parent.appendChild(anchor);
        }
        at = link.end;
        continue;
      }
    }

    if (links && (char === "h" || char === "H" || char === "<") && !/\w/.test(text.charAt(at - 1))) {
      const bare = addressAt(text, at);
      if (bare !== null) {
        const href = safeHref(bare.address);
        if (href !== null) {
          flush();
          const anchor = anchorTo(href);
          anchor.append(bare.address.replace(/^mailto:|^tel:/i, ""));
          parent.appendChild(anchor);
          at = bare.end;
          continue;
        }
      }
    }

    words += char;
    at += 1;
  }
  flush();
}

/** A link to leave by: in a tab of its own, without telling the target where the visitor came from. */
export function anchorTo(href: string): HTMLAnchorElement {
  const anchor = document.createElement("a");
  anchor.setAttribute("href", href);
  if (href.startsWith("http")) {
    anchor.setAttribute("target", "_blank");
    anchor.setAttribute("rel", "noopener noreferrer");
  }
  return anchor;
}

const LONGEST_LABEL = 300;
const LONGEST_ADDRESS = 2_000;

/** `[label](address)` at this place: balanced brackets in the label, balanced parentheses in the address. */
function linkAt(text: string, start: number): { label: string; address: string; end: number } | null {
  const middle = closing(text, start, "[", "]", LONGEST_LABEL);
  if (middle < 0 || text.charAt(middle + 1) !== "(") return null;
  const end = closing(text, middle + 1, "(", ")", LONGEST_ADDRESS);
  if (end < 0) return null;
  const label = text.slice(start + 1, middle);
  const address = text.slice(middle + 2, end).trim().replace(/^<(.*)>$/, "$1");
  return label.trim() === "" || /\s/.test(address) ? null : { label, address, end: end + 1 };
}

function closing(text: string, start: number, open: string, close: string, reach: number): number {
  let depth = 0;
  const limit = Math.min(text.length, start + reach);
  for (let index = start; index < limit; index += 1) {
    const char = text.charAt(index);
    if (char === "\\") index += 1;
    else if (char === open) depth += 1;
    else if (char === close) {
      depth -= 1;
      if (depth === 0) return index;
    }
  }
  return -1;
}

/** A bare web address, or any address in angle brackets, at this place. */
function addressAt(text: string, start: number): { address: string; end: number } | null {
  const rest = text.slice(start, start + LONGEST_ADDRESS);
  const bracketed = /^<((?:https?:\/\/|mailto:|tel:)[^\s<>]+)>/i.exec(rest);
  if (bracketed?.[1] !== undefined) return { address: bracketed[1], end: start + bracketed[0].length };
  const bare = /^https?:\/\/[^\s<>"'`*]+/i.exec(rest);
  if (bare === null) return null;
  let address = bare[0];
  // A sentence's own punctuation is not part of the address, nor a parenthesis that was opened before it.
  for (;;) {
    const last = address.charAt(address.length - 1);
    const unbalanced = last === ")" && count(address, ")") > count(address, "(");
    if (!unbalanced && !/[.,;:!?\]}_~]/.test(last)) break;
    address = address.slice(0, -1);
  }
  return { address, end: start + address.length };
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}
