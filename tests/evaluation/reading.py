"""What a reply did, read from its dialogue acts. Knows the acts' contract, not the assistant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One turn's messages: the texts and the acts, in order."""

    texts: list[str]
    acts: list[dict[str, Any]]

    @classmethod
    def of(cls, messages: list[dict[str, Any]]) -> Reply:
        return cls(
            [one["text"] for one in messages if one.get("text")],
            [one["custom"] for one in messages if isinstance(one.get("custom"), dict)],
        )

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    def does(self, act: str, **payload: Any) -> bool:
        """Whether an act of that name with that payload is among them."""
        return any(
            one.get("act") == act and all(one.get(key) == value for key, value in payload.items())
            for one in self.acts
        )

    @property
    def answered(self) -> list[str]:
        """The topics answered, in order."""
        return [str(one["topic"]) for one in self.acts if one.get("act") == "answer" and one.get("topic")]

    @property
    def offered(self) -> list[str]:
        """The topics offered to choose from when the assistant was not sure."""
        return [
            str(option["topic"])
            for one in self.acts
            if one.get("act") in ("clarify", "fallback")
            for option in one.get("options") or []
            if option.get("topic")
        ]

    @property
    def asked(self) -> str | None:
        """The field that the form asks for at the end of the turn."""
        fields = [str(one["field"]) for one in self.acts if one.get("act") == "question"]
        return fields[-1] if fields else None

    @property
    def declined(self) -> bool:
        return self.does("decline")

    @property
    def gave_up(self) -> bool:
        return self.does("fallback")
