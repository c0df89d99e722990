"""From the assistant's small markdown (bold, links, lists) to each channel's own markup, escaped.

Pure. A text becomes runs of characters with a style; a piece of it is written in any markup, so a long
text can be cut anywhere without breaking one.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from frontdesk.channels.channel import Markup

_TOKEN = re.compile(
    r"\\(?P<escaped>[\\`*_{}\[\]()#+\-.!<>~|])"
    r"|\*\*(?P<bold>(?=\S)(?:[^*\n]|\*(?!\*)){1,2000}?(?<=\S))\*\*"
    r"|\[(?P<label>[^\[\]\n]{1,300})\]\((?P<url>https?://[^\s()<>]{1,2000}(?:\([^\s()<>]{0,200}\))?[^\s()<>]{0,2000})\)"
    r"|(?P<bare>https?://[^\s<>\"'`*]{1,2000})"
)
_ENDS = ".,;:!?]}_~"


@dataclass(frozen=True)
class Run:
    """Characters of one style. `url` makes them a link."""

    text: str
    bold: bool = False
    url: str | None = None
    italic: bool = False


def parse(text: str) -> list[Run]:
    """The runs of a text in the assistant's markdown; bullets become "•"."""
    lines = [
        re.sub(r"^( {0,6})[-*] +(?=\S)", r"\1• ", line) for line in text.replace("\r\n", "\n").split("\n")
    ]
    return _inline("\n".join(lines), bold=False)


def plain(text: str, *, bold: bool = False, italic: bool = False) -> list[Run]:
    """Words as they were typed: nothing in them is markup."""
    return [Run(text, bold=bold, italic=italic)] if text else []


def _inline(text: str, *, bold: bool) -> list[Run]:
    runs: list[Run] = []
    at = 0

    def words(found: str) -> None:
        if found:
            runs.append(Run(found, bold=bold))

    for token in _TOKEN.finditer(text):
        if token.start() < at:
            continue
        words(text[at : token.start()])
        at = token.end()
        if (escaped := token["escaped"]) is not None:
            words(escaped)
        elif (inside := token["bold"]) is not None:
            runs.extend(_inline(inside, bold=True))
        elif (url := token["url"]) is not None:
            runs.append(Run(token["label"], bold=bold, url=url))
        else:
            address = token["bare"]
            while address and (
                address[-1] in _ENDS or (address[-1] == ")" and address.count(")") > address.count("("))
            ):
                address = address[:-1]
            runs.append(Run(address, bold=bold, url=address))
            at = token.start() + len(address)
    words(text[at:])
    return runs


def characters(runs: list[Run]) -> str:
    """The bare characters of the runs."""
    return "".join(run.text for run in runs)


def piece(runs: list[Run], start: int, end: int) -> list[Run]:
    """The runs between two places of `characters(runs)`."""
    found: list[Run] = []
    at = 0
    for run in runs:
        first, last = max(start - at, 0), min(end - at, len(run.text))
        if first < last:
            found.append(Run(run.text[first:last], run.bold, run.url, run.italic))
        at += len(run.text)
    return found


def write(runs: list[Run], markup: Markup) -> str:
    """The runs in a channel's markup; what could be mistaken for markup is escaped."""
    return "".join(_WRITERS[markup](run) for run in runs)


def _plain(run: Run) -> str:
    return _with_address(run, run.text)


def _with_address(run: Run, words: str) -> str:
    """A link where the channel has none: the address behind its words."""
    if run.url is None or run.url == run.text:
        return words
    return f"{words} ({run.url})"


def _telegram(run: Run) -> str:
    # https://core.telegram.org/bots/api#html-style
    words = html.escape(run.text, quote=False)
    if run.url is not None:
        words = f'<a href="{html.escape(run.url, quote=True)}">{words}</a>'
    words = f"<b>{words}</b>" if run.bold and run.text.strip() else words
    return f"<i>{words}</i>" if run.italic and run.text.strip() else words


# A sign between two word characters is no markup on WhatsApp; everywhere else a word joiner keeps it from
# being.
_WHATSAPP_SIGNS = re.compile(r"(?<!\w)([*_~`])(?=\S)|(?<=\S)([*_~`])(?!\w)")
_JOINER = "\u2060"


def _whatsapp(run: Run) -> str:
    if run.url is not None and run.url == run.text:
        return run.text
    words = _WHATSAPP_SIGNS.sub(lambda found: f"{_JOINER}{found[0]}{_JOINER}", run.text)
    return _with_address(run, _around(words, "*" if run.bold else "", "_" if run.italic else ""))


def _slack(run: Run) -> str:
    # https://docs.slack.dev/messaging/formatting-message-text: only &, < and > are escaped
    words = run.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if run.url is not None:
        address = run.url.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")
        return f"<{address}>" if run.url == run.text else f"<{address}|{words.replace('|', '¦')}>"
    words = _WHATSAPP_SIGNS.sub(lambda found: f"{_JOINER}{found[0]}{_JOINER}", words)
    return _around(words, "*" if run.bold else "", "_" if run.italic else "")


def _around(words: str, *signs: str) -> str:
    """Each line between the signs: these markups end with their line, and their signs touch the words."""
    marks = "".join(signs)
    if not marks:
        return words
    lines = []
    for line in words.split("\n"):
        inner = line.strip()
        lines.append(line if not inner else line.replace(inner, marks + inner + marks[::-1], 1))
    return "\n".join(lines)


_WRITERS: dict[Markup, Callable[[Run], str]] = {
    "plain": _plain,
    "telegram": _telegram,
    "whatsapp": _whatsapp,
    "slack": _slack,
}
