"""An answer as the widget draws it: the same small markdown, sources, review date, suggested questions.

What the widget does stands in `widget/src/markdown.ts`; nothing here makes HTML, the template escapes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from frontdesk.knowledge.editing import Plain
from frontdesk.knowledge.organization import Organization
from frontdesk.knowledge.topics import Topic, Topics

_TOKEN: Final = re.compile(
    r"\\(?P<escaped>[\\`*_{}\[\]()#+\-.!<>~|])"
    r"|\*\*(?P<bold>(?=\S)[^*]{1,2000}?(?<=\S))\*\*"
    r"|\[(?P<label>[^\[\]]{1,300})\]\((?P<url>(?:https?://|mailto:|tel:)[^\s()<>]{1,2000})\)"
    r"|(?P<bare>https?://[^\s<>\"'`*]{1,2000})"
)
_ENDS: Final = ".,;:!?]}_~"


@dataclass(frozen=True)
class Run:
    """Characters of one kind."""

    text: str
    bold: bool = False
    url: str | None = None


@dataclass(frozen=True)
class Preview:
    """One answer as a reader sees it. `case` says when it is given, where there is more than one."""

    case: str
    runs: Sequence[Run]
    sources: Sequence[dict[str, str]]
    reviewed: dt.date
    following: Sequence[str]


def previews(entry: Plain, topics: Topics, organization: Organization) -> list[Preview]:
    """The answer with what CHHA filled in, and as it is while that is missing (or the other way round).

    An entry that the checks refuse has none.
    """
    try:
        topic = Topic.model_validate({key: value for key, value in entry.items() if value is not None})
    except ValidationError:
        return []
    others = [one for one in topics if one.id != topic.id]
    known = {one.id for one in others} | {topic.id}
    topic = topic.model_copy(update={"next": [one for one in topic.next if one in known]})
    trial = Topics([*others, topic])
    if topic.answer_with is None:
        return [_drawn(trial, topic, organization, "")]
    filled = all(organization.detail(key) for key in topic.answer_with.keys)
    keys = ", ".join(topic.answer_with.keys)
    if filled:
        without = topic.model_copy(update={"answer_with": None})
        return [
            _drawn(trial, topic, organization, f"As it is now: {keys} filled in"),
            _drawn(Topics([*others, without]), without, organization, f"While {keys} is empty"),
        ]
    given = " ".join(topic.answer_with.text.split())
    full = topic.model_copy(update={"answer_with": None, "answer": given})
    return [
        _drawn(trial, topic, organization, f"As it is now: {keys} is empty"),
        _drawn(Topics([*others, full]), full, organization, f"When {keys} is filled in"),
    ]


def _drawn(topics: Topics, topic: Topic, organization: Organization, case: str) -> Preview:
    answer = topics.answer(topic.id, organization)
    following: list[dict[str, Any]] = answer.act["next"]
    return Preview(
        case=case,
        runs=runs(answer.text),
        sources=answer.act["sources"],
        reviewed=topic.reviewed,
        following=[one["label"] for one in following],
    )


def runs(text: str, *, bold: bool = False) -> list[Run]:
    """The runs of a text of one paragraph."""
    found: list[Run] = []
    at = 0
    for token in _TOKEN.finditer(text):
        if token.start() < at:
            continue
        if token.start() > at:
            found.append(Run(text[at : token.start()], bold))
        at = token.end()
        if (escaped := token["escaped"]) is not None:
            found.append(Run(escaped, bold))
        elif (inside := token["bold"]) is not None:
            found += runs(inside, bold=True)
        elif (url := token["url"]) is not None:
            found.append(Run(token["label"], bold, url))
        else:
            address = token["bare"].rstrip(_ENDS)
            if address.endswith(")") and address.count(")") > address.count("("):
                address = address[:-1].rstrip(_ENDS)
            found.append(Run(address, bold, address))
            at = token.start() + len(address)
    if at < len(text):
        found.append(Run(text[at:], bold))
    return found
