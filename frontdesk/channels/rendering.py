"""From a stored message to a channel's parts, by rule from its capability record.

Options become buttons where the channel has them and they fit, else a list, else numbers to be typed. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.channels import markup, measures
from frontdesk.channels.channel import Attachment, Capabilities, Option, Part, Shape
from frontdesk.channels.choices import offered_labels
from frontdesk.channels.markup import Run
from frontdesk.channels.words import ChannelWords

PAYLOAD = "c"
MOST_SOURCES = 4


@dataclass(frozen=True)
class Outgoing:
    """A message to show.

    Args:
        author: bot, staff or system.
        staff_name: the person's name, from staff.
        last_of_turn: nothing else is said in the same turn after it; only then may numbers be typed.
        link: an address as the reader is given it (a short one where each letter counts).
    """

    message_id: str
    author: str
    text: str
    act: dict[str, Any] | None = None
    staff_name: str | None = None
    last_of_turn: bool = True
    attachments: Sequence[Attachment] = ()
    link: Callable[[str], str] = str


@dataclass(frozen=True)
class Rendered:
    """The parts in their order; `numbered` when the options are shown as numbers to be typed."""

    parts: Sequence[Part]
    numbered: bool = False


def payload(message_id: str, option: int) -> str:
    """The opaque name of an option, at most 64 bytes; `read_payload` reads it back."""
    return f"{PAYLOAD}:{message_id}:{option}"


def read_payload(given: str) -> tuple[str, int] | None:
    """Message id and place of an option; None for what we never gave out."""
    kind, _, rest = given.partition(":")
    message_id, _, option = rest.partition(":")
    if kind != PAYLOAD or not message_id or not (option.isascii() and option.isdigit()) or len(option) > 3:
        return None
    return message_id[:64], int(option)


def render(outgoing: Outgoing, can: Capabilities, words: ChannelWords) -> Rendered:
    """The message as this channel shows it."""
    act = outgoing.act or {}
    runs = _words_of(outgoing)
    runs += _contacts(act, outgoing.text)
    runs += _sources(act, outgoing, can, words)
    options = [
        Option(" ".join(label.split()), payload(outgoing.message_id, place))
        for place, label in offered_labels(act)
    ]
    shape, style, shown = _shape(options, can)
    numbered = False
    if options and shape is None:
        more, numbered = _typed(options, act, outgoing.last_of_turn, words)
        runs += more
    if options and shape is not None and not markup.characters(runs).strip():
        runs = markup.plain(words.text("choose"))
    parts = [Part(text) for text in _pieces(runs, can, can.text)]
    if shape is not None and parts:
        parts = _with_options(runs, can, shape, style, shown, words)
    parts += [Part("", attachment=attachment) for attachment in outgoing.attachments if can.attachments]
    return Rendered(parts, numbered)


def _words_of(outgoing: Outgoing) -> list[Run]:
    if outgoing.author == "staff":
        named = [Run(f"{outgoing.staff_name}:", bold=True), Run("\n")] if outgoing.staff_name else []
        return named + markup.plain(outgoing.text)
    if outgoing.author == "system":
        return markup.plain(outgoing.text, italic=True)
    return markup.parse(outgoing.text)


def _contacts(act: dict[str, Any], text: str) -> list[Run]:
    """Lines that can be called or opened (crisis help), unless the text says them already."""
    found: list[Run] = []
    for one in act.get("contacts") or []:
        if not isinstance(one, dict):
            continue
        address = str(one.get("tel") or one.get("url") or "")
        if not address or address in text:
            continue
        label = str(one.get("label") or address)
        found.append(Run(f"\n{label}: "))
        found.append(Run(address, url=address if address.startswith("http") else None))
    return [Run("\n"), *found] if found else []


def _sources(act: dict[str, Any], outgoing: Outgoing, can: Capabilities, words: ChannelWords) -> list[Run]:
    """The proof of an answer, below it: names as links where the channel has links, else name and address."""
    given = act.get("sources")
    found: list[list[Run]] = []
    for one in given if isinstance(given, list) else []:
        if not isinstance(one, dict) or len(found) == MOST_SOURCES:
            continue
        title, url = str(one.get("title") or "").strip(), str(one.get("url") or "")
        if not url.startswith(("https://", "http://")) or url in outgoing.text or len(url) > can.text // 4:
            if title:
                found.append([Run(title)])
            continue
        shown = outgoing.link(url)
        linked = can.markup in ("telegram", "slack")
        found.append(
            [Run(title or shown, url=shown)]
            if linked
            else [Run(f"{title}: " if title else ""), Run(shown, url=shown)]
        )
    if not found:
        return []
    runs = [
        Run(
            "\n\n"
            + words.text("source" if len(found) == 1 else "sources")
            + ":"
            + (" " if len(found) == 1 else "")
        )
    ]
    for one_source in found:
        runs += one_source if len(found) == 1 else [Run("\n• "), *one_source]
    return runs


def _shape(options: Sequence[Option], can: Capabilities) -> tuple[Shape | None, str, list[Option]]:
    """How to show the options: the limits, the style, and the options under labels that fit."""
    if not options:
        return None, "text", []
    if can.buttons and _fit(options, can.buttons, can):
        return can.buttons, "buttons", list(options)
    if can.list_rows and _fit(options, can.list_rows, can):
        return can.list_rows, "list", list(options)
    return None, "text", []


def _fit(options: Sequence[Option], shape: Shape, can: Capabilities) -> bool:
    if len(options) > shape.options:
        return False
    longest = max(can.measure(option.label) for option in options)
    labels = {measures.shortened(option.label, shape.label, can.measure).casefold() for option in options}
    # Two buttons that read the same cannot be told apart (and WhatsApp refuses them).
    return longest <= max(shape.label, shape.detail) and len(labels) == len(options)


def _typed(
    options: Sequence[Option], act: dict[str, Any], last: bool, words: ChannelWords
) -> tuple[list[Run], bool]:
    """The options in words, and whether their numbers may be typed.

    Numbers under a message that is not the last one of its turn would point at the wrong list; numbers before
    labels that begin with one ("4 weeks") would mean two things. Then the words are typed.
    """
    suggested = not any(isinstance(act.get(kind), list) and act[kind] for kind in ("options", "choices"))
    labels = [option.label for option in options]
    if suggested and not last:
        return [Run("\n\n" + words.text("also") + " " + " · ".join(labels))], False
    if not last or any(label[:1].isdigit() for label in labels):
        lines = "".join(f"\n• {label}" for label in labels)
        return [Run("\n\n" + words.text("also" if suggested else "choose_words") + lines)], False
    lines = "".join(f"\n{number}. {label}" for number, label in enumerate(labels, 1))
    return [Run("\n\n" + words.text("also_number" if suggested else "choose_number") + lines)], True


def _pieces(runs: list[Run], can: Capabilities, limit: int) -> list[str]:
    text = markup.characters(runs)
    while text.endswith(("\n", " ")):
        text = text[:-1]

    def fits(start: int, end: int) -> bool:
        return can.measure(markup.write(markup.piece(runs, start, end), can.markup)) <= limit

    return [
        markup.write(markup.piece(runs, start, end), can.markup)
        for start, end in measures.cut(len(text), text, fits)
    ]


def _with_options(
    runs: list[Run], can: Capabilities, shape: Shape, style: str, options: list[Option], words: ChannelWords
) -> list[Part]:
    """The text in pieces, the last of which is short enough to carry the options."""
    texts = _pieces(runs, can, can.text)
    if can.measure(texts[-1]) > shape.body:
        texts = _pieces(runs, can, shape.body)
    data = {"open": words.text("open_list")} if style == "list" else {}
    carrying = Part(texts[-1], tuple(options), "list" if style == "list" else "buttons", data=data)
    return [*(Part(text) for text in texts[:-1]), carrying]
