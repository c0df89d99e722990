"""One run: a fresh assistant, every set played through its door."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from frontdesk.knowledge.topics import topics
from frontdesk.records.models import Application, Conversation, Draft
from tests.evaluation import form_play, scoring
from tests.evaluation.reading import Reply
from tests.evaluation.scoring import Scores
from tests.evaluation.sets import Sets
from tests.stack import Assistant, assistant


@dataclass
class Run:
    """The scores of one model, details of the questions, and the milliseconds of each message."""

    model: str
    scores: Scores = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    milliseconds: list[float] = field(default_factory=list)
    # Of the model alone (`understanding`): held-out figures of its training, its confidence on the set.
    understanding: dict[str, Any] = field(default_factory=dict)


def play(sets: Sets, folder: Path, model: Path) -> Run:
    """Play all sets against one model."""
    with assistant(folder, model=model) as running:
        run = Run(model=str(model))

        def say(sender: str, text: str) -> Reply:
            began = time.perf_counter()
            messages = running.post(sender, text)
            run.milliseconds.append((time.perf_counter() - began) * 1000)
            return Reply.of(messages)

        def kept(sender: str) -> form_play.Record:
            return record_of(running, sender)

        extended = {topic.id for topic in topics() if topic.tier == "extended"}
        for name, rows in sets.lines.items():
            print(f"· {name}: {len(rows)} lines", file=sys.stderr, flush=True)
            if name == "questions":
                scores, run.details["questions"] = scoring.questions(rows, say, extended)
            elif name == "commands":
                scores = form_play.commands(rows, say, kept)
            elif name == "applicants":
                scores = form_play.applicants(rows, say, kept)
            else:
                scores = getattr(scoring, name)(rows, say)
            run.scores.update(scores)
        return run


def record_of(running: Assistant, sender: str) -> form_play.Record:
    """What the record holds for a sender of Rasa's own door."""
    with running.record.reading() as session:
        conversation = session.scalar(
            select(Conversation).where(Conversation.channel == "rest", Conversation.external_ref == sender)
        )
        if conversation is None:
            return form_play.Record({}, 0, None)
        sent = session.scalars(
            select(Application).where(Application.conversation_id == conversation.id)
        ).all()
        draft = session.scalar(
            select(Draft)
            .where(Draft.conversation_id == conversation.id)
            .order_by(Draft.created_at.desc())
            .limit(1)
        )
        values = dict(sent[-1].values) if sent else dict(draft.values) if draft else {}
        return form_play.Record(values, len(sent), draft.state if draft else None)
