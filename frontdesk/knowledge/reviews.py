"""When an answer should be looked at again, by how soon its facts change."""

from __future__ import annotations

import datetime as dt
from typing import Final

from frontdesk.knowledge.topics import Topic

# House rule, in days: fees and rules that move are looked at each quarter, yearly cycles each year.
REVIEW_DAYS: Final = {"volatile": 90, "organization": 180, "yearly": 365, "stable": 730}


def due(topic: Topic) -> dt.date:
    """The day from which on the answer is overdue."""
    return topic.reviewed + dt.timedelta(days=REVIEW_DAYS[topic.stability])


def is_overdue(topic: Topic, today: dt.date) -> bool:
    return today >= due(topic)
