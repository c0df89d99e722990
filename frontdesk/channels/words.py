"""What channels say themselves, read from `channels.yml` of `knowledge/`, where the texts change."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from frontdesk.channels.inbound import MediaKind
from frontdesk.knowledge.files import Watched, checked, read_yaml
from frontdesk.knowledge.wording import one_line

FILE = "channels.yml"

Text = Literal[
    "choose",
    "choose_number",
    "choose_words",
    "also_number",
    "also",
    "open_list",
    "source",
    "sources",
    "media_kept",
    "media_voice",
    "media_document",
    "media_location",
    "media_contact",
    "media_sticker",
    "media_unknown",
    "choice_gone",
    "stopped",
    "started",
    "help",
]


class ChannelWords(BaseModel):
    """The file: a text for each key, a name for each kind of medium."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    texts: dict[Text, str]
    kinds: dict[MediaKind, str]

    def text(self, key: Text, **details: object) -> str:
        """A text with its details filled in."""
        return one_line(self.texts[key]).format(**details)


def read_words(folder: Path) -> ChannelWords:
    """The words of this knowledge folder.

    Raises:
        KnowledgeError: one sentence naming file and entry.
    """
    return checked(ChannelWords, read_yaml(folder / FILE), folder / FILE)


@lru_cache(maxsize=8)
def _watched(folder: Path) -> Watched[ChannelWords]:
    return Watched(lambda: [folder / FILE], lambda _: read_words(folder))


def channel_words(folder: Path) -> ChannelWords:
    """The words as the file is now."""
    return _watched(folder).get()
