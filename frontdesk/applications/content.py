"""What people write by hand, read once at a start: whoever serves says at once what has to be mended."""

from __future__ import annotations

from frontdesk.applications.wording import application_wording
from frontdesk.knowledge.organization import read_organization
from frontdesk.knowledge.texts import texts
from frontdesk.knowledge.topics import topics
from frontdesk.knowledge.vocabulary import answer_words, vocabulary
from frontdesk.knowledge.wording import wording
from frontdesk.settings import Settings

TEXTS = ("documents", "mail", "privacy", "resuming")


def check(settings: Settings) -> None:
    """Read organization.yml and knowledge/.

    Raises:
        KnowledgeError: with file, place and reason.
    """
    folder = settings.knowledge_dir
    read_organization(settings.organization_file)
    topics(folder)
    wording(folder)
    application_wording(folder)
    for name in TEXTS:
        texts(name, folder)
    vocabulary(folder / "vocabulary")
    answer_words(folder / "vocabulary" / "answers")
