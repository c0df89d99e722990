"""What Prometheus may know: counts and times, never who or what."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from frontdesk.records.models import Conversation, Turn
from frontdesk.records.session import Record

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The metrics of one app; holders and waiting turns are counted in the record when asked."""

    def __init__(self, record: Record) -> None:
        self.registry = CollectorRegistry()
        self.turns = Counter(
            "frontdesk_turns", "Calls to Rasa by outcome", ["outcome"], registry=self.registry
        )
        self.turn_seconds = Histogram(
            "frontdesk_turn_seconds",
            "Seconds of a call to Rasa and the closing of its turn",
            registry=self.registry,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
        )
        self.messages = Counter(
            "frontdesk_messages_received", "Messages of applicants kept", ["channel"], registry=self.registry
        )
        self.registry.register(_Counted(record))

    def turn(self, outcome: str, seconds: float) -> None:
        self.turns.labels(outcome).inc()
        self.turn_seconds.observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self.registry)


class _Counted(Collector):
    def __init__(self, record: Record) -> None:
        self._record = record

    def describe(self) -> list[Metric]:
        return []  # nothing is counted before somebody asks

    def collect(self) -> Iterator[Metric]:
        holders = GaugeMetricFamily("frontdesk_conversations", "Conversations by holder", labels=["holder"])
        waiting = GaugeMetricFamily("frontdesk_turns_unfinished", "Turns by state", labels=["state"])
        with self._record.reading() as session:
            by_holder = select(Conversation.holder, func.count()).group_by(Conversation.holder)
            counts = {row[0]: row[1] for row in session.execute(by_holder)}
            for holder in ("bot", "queued", "assigned", "closed"):
                holders.add_metric([holder], counts.get(holder, 0))
            states = ("waiting", "running")
            by_state = select(Turn.state, func.count()).where(Turn.state.in_(states)).group_by(Turn.state)
            counts = {row[0]: row[1] for row in session.execute(by_state)}
            for state in states:
                waiting.add_metric([state], counts.get(state, 0))
        yield holders
        yield waiting
