"""Every answer and every kind of act goes out on every channel, and no provider refuses any."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from frontdesk.knowledge.organization import organization
from frontdesk.knowledge.topics import topics
from frontdesk.knowledge.wording import wording
from frontdesk.records.session import Record
from frontdesk.settings import ROOT
from tests.channels.messaging.conftest import Clock, Kit
from tests.channels.messaging.providers import Providers
from tests.channels.messaging.senders import SENDERS


def said() -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Everything that the assistant can say, with its act."""
    known = topics(ROOT / "knowledge")
    home = organization(ROOT / "organization.yml")
    for topic in known:
        answer = known.answer(topic.id, home)
        yield answer.text, answer.act
    texts = wording(ROOT / "knowledge")
    for kind, smalltalk in texts.smalltalk.items():
        for text in smalltalk.texts:
            yield (
                text,
                {
                    "act": "smalltalk",
                    "kind": kind,
                    "next": [{"topic": one, "label": known.label(one)} for one in smalltalk.next],
                },
            )
    for subject, limit in texts.limits.items():
        sources = [one.model_dump() for one in limit.sources]
        yield limit.text, {"act": "decline", "reason": limit.reason, "subject": subject, "sources": sources}
    for name, help_text in texts.safety.items():
        contacts = [one.model_dump(exclude_none=True) for one in help_text.contacts]
        yield help_text.text, {"act": "safety", "kind": name, "contacts": contacts}
    for text in texts.language.values():
        yield text, {"act": "decline", "reason": "language"}
    options = [{"topic": one.id, "label": known.label(one.id)} for one in list(known)[:4]]
    for count in (2, 3, 4):
        yield "Which one do you mean?", {"act": "clarify", "options": options[:count]}
    for count in (2, 3, 8, 11, 14, 30, 101):
        choices = [{"value": f"v{n}", "label": f"Choice {'ABCDEFGHIJ'[n % 10]}{n}"} for n in range(count)]
        yield "Please choose.", {"act": "question", "field": "specialties", "choices": choices}
    yield "Here is what I have.\n- Full name: Amina <Bello> & *co_*\nShall I send it?", {
        "act": "question", "field": "review", "summary": [],
        "choices": [{"value": "yes", "label": "Yes, send it"}, {"value": "no", "label": "No, change it"}],
    }  # fmt: skip
    yield "Your application A-1 is sent.", {"act": "application", "event": "sent", "reference": "A-1"}
    yield "A person comes.", {"act": "handoff", "reason": "asked", "available": True, "waiting": 5}
    yield "Ünïcödé 😀 " * 900, {"act": "fallback", "tries": 2}
    yield (
        "<b>&amp;</b> [x](javascript:alert(1)) [y](https://a.org/(b)) **a *b** c_d_ ~x~ `y` <https://q.org|z>",
        None,
    )
    yield "", {"act": "clarify", "options": options[:2]}


@pytest.mark.parametrize("name", list(SENDERS))
async def test_no_provider_refuses_anything_that_is_said(
    sqlite_record: Record, make_kit: Callable[..., Kit], shared_providers: Providers, name: str
) -> None:
    desk, sender = make_kit(sqlite_record, shared_providers), SENDERS[name]
    desk.accept(sender.say("Hello"))
    conversation = desk.conversation(sender)
    everything = list(said())
    for text, act in everything:
        desk.speak(conversation, text, act)
    shared_providers.refused.clear()
    before = len(shared_providers.sent)
    clock = Clock()
    await desk.deliver(desk.outbox(clock), clock)
    assert shared_providers.refused == []
    assert {one.state for one in desk.deliveries()} == {"sent"}
    assert len(everything) > 150
    assert len(shared_providers.sent) - before >= len(everything)


EVALUATED = ROOT.parent / "shared" / "eval"
# CHHA_TEST_EVERY=1 plays every line; each fifth shows each kind of act at a fifth of the time.
EVERY = int(os.environ.get("CHHA_TEST_EVERY") or 5)


@pytest.mark.rasa
@pytest.mark.skipif(not EVALUATED.is_dir(), reason="the evaluation sets are not on this machine")
async def test_the_replies_of_the_evaluation_sets_go_out_on_every_channel(
    tmp_path: Path, sqlite_record: Record, make_kit: Callable[..., Kit], shared_providers: Providers
) -> None:
    """A real Rasa answers one line of each kind of the sets and tells a whole application."""
    import json

    from tests.journey.answers import ANSWERS
    from tests.stack import assistant

    replies: list[tuple[str, dict[str, Any] | None]] = []
    with assistant(tmp_path / "assistant") as running:

        def ask(sender: str, text: str) -> list[dict[str, Any]]:
            entries = running.post(sender, text)
            texts = [one["text"] for one in entries if "text" in one]
            acts = [one["custom"] for one in entries if "custom" in one]
            replies.extend(zip(texts, acts, strict=False))
            return acts

        for path in sorted(EVALUATED.glob("*.jsonl")):
            rows = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
            for number, row in enumerate(rows[::EVERY]):
                for text in row.get("turns") or [row.get("text") or row.get("opening")]:
                    ask(f"{path.stem}{number}", text)
        acts = ask("applicant", "I want to apply")
        for _ in range(40):
            field = next((one["field"] for one in reversed(acts) if one.get("act") == "question"), None)
            if field is None:
                break
            acts = ask("applicant", ANSWERS[field])
    assert len(replies) > 80
    distinct = {(text, json.dumps(act, sort_keys=True)): (text, act) for text, act in replies}
    desk = make_kit(sqlite_record, shared_providers)
    shared_providers.refused.clear()
    for sender in SENDERS.values():
        desk.accept(sender.say("Hello"))
        conversation = desk.conversation(sender)
        for text, act in distinct.values():
            desk.speak(conversation, text, act)
    clock = Clock()
    await desk.deliver(desk.outbox(clock), clock)
    assert shared_providers.refused == []
    assert {one.state for one in desk.deliveries()} == {"sent"}
