"""Edits of answers and facts: at once, or proposed and approved by another person; their history; going back.

The file is what counts, the record tells how it came to be so. Both are changed together: the file is put
back when the record cannot keep the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.knowledge import editing
from frontdesk.knowledge.editing import ORGANIZATION, TOPIC, Files, Plain
from frontdesk.knowledge.organization import organization
from frontdesk.records.models import KnowledgeEdit, now
from frontdesk.records.session import Record
from frontdesk.settings import Settings
from frontdesk.staff import audit

PROPOSED, LIVE, REFUSED, WITHDRAWN = "proposed", "live", "refused", "withdrawn"
WHY_LIMIT: Final = 500
HISTORY: Final = 100


class NothingChanged(ValueError):
    """The edit says what stands there already."""


class NotYours(RuntimeError):
    """This person may not decide this edit; the text says who may."""


class Decided(RuntimeError):
    """Somebody decided the edit already. `state`: how."""

    def __init__(self, state: str) -> None:
        super().__init__(f"This edit is {state} already.")
        self.state = state


class UnknownEdit(LookupError):
    """There is no edit of that id, or it cannot be gone back from."""


@dataclass(frozen=True)
class Done:
    """What became of an edit: `live`, or it waits for another person."""

    edit_id: str
    live: bool


class Edits:
    """The edits of one installation."""

    def __init__(self, record: Record, settings: Settings) -> None:
        self._record = record
        self._settings = settings
        self.files = Files(
            settings.knowledge_dir, settings.organization_file, settings.var_dir / "knowledge.lock"
        )

    @property
    def need_second_person(self) -> bool:
        """Whether organization.yml asks for a second pair of eyes."""
        return organization(self._settings.organization_file).second_pair_of_eyes

    def entry(self, subject: str) -> Plain:
        """A subject as it stands in its file.

        Raises:
            editing.UnknownSubject, KnowledgeError
        """
        return editing.entry(self.files, subject)

    def changes(self, subject: str, wanted: Plain) -> tuple[Plain, Plain]:
        """(before, after) of the keys in which what is wanted differs from what stands there."""
        current = self.entry(subject)
        keys = [key for key, value in wanted.items() if not editing.same(current.get(key), value)]
        return {key: current.get(key) for key in keys}, {key: wanted[key] for key in keys}

    def check(self, subject: str, wanted: Plain) -> None:
        """Whether it could stand there.

        Raises:
            KnowledgeError: no; one sentence says what to mend.
            editing.EditConflict, editing.UnknownSubject
        """
        before, after = self.changes(subject, wanted)
        if after:
            editing.check(self.files, subject, before, after)

    def propose(self, subject: str, wanted: Plain, *, by: str, why: str = "", action: str = "edited") -> Done:
        """Make an edit: live at once, or waiting where a second pair of eyes is asked for.

        Args:
            by: the login.
            action: how the audit log names it (edited, reviewed, reverted).

        Raises:
            NothingChanged, KnowledgeError, editing.EditConflict, editing.UnknownSubject
        """
        with self.files.held():
            before, after = self.changes(subject, wanted)
            if not after:
                raise NothingChanged("Nothing was changed: it stands there like that already.")
            edit = KnowledgeEdit(
                subject=subject,
                state=PROPOSED if self.need_second_person else LIVE,
                before=before,
                after=after,
                why=why.strip()[:WHY_LIMIT],
                proposed_by=by,
            )
            if edit.state == PROPOSED:
                editing.check(self.files, subject, before, after)
                with self._record.transaction() as session:
                    session.add(edit)
                    self._note(session, by, "proposed", edit, as_=action)
                return Done(edit.id, live=False)
            edit.decided_by, edit.decided_at = by, now()
            self._make_live(edit, by=by, action=action)
            return Done(edit.id, live=True)

    def approve(self, edit_id: str, *, by: str) -> None:
        """Another person puts a proposed edit live.

        Raises:
            UnknownEdit, Decided, NotYours, KnowledgeError
            editing.EditConflict: what it changes was changed meanwhile.
        """
        with self.files.held():
            edit = self._proposed(edit_id)
            if edit.proposed_by == by:
                raise NotYours("A second pair of eyes is needed: another person than you must approve it.")
            self._make_live(edit, by=by, action="approved")

    def refuse(self, edit_id: str, *, by: str, answer: str = "") -> None:
        """Another person refuses a proposed edit, or its owner withdraws it.

        Raises:
            UnknownEdit, Decided
        """
        with self._record.transaction() as session:
            edit = session.get(KnowledgeEdit, edit_id, with_for_update=True)
            self._must_wait(edit)
            assert edit is not None
            own = edit.proposed_by == by
            edit.state = WITHDRAWN if own else REFUSED
            edit.decided_by, edit.decided_at = by, now()
            edit.answer = answer.strip()[:WHY_LIMIT] or None
            self._note(session, by, edit.state, edit)

    def revert(self, edit_id: str, *, by: str) -> Done:
        """An edit that puts back what stood there before a live one.

        Raises:
            UnknownEdit, NothingChanged, KnowledgeError, editing.UnknownSubject
            editing.EditConflict: a later edit stands on it.
        """
        with self._record.reading() as session:
            edit = session.get(KnowledgeEdit, edit_id)
        if edit is None or edit.state != LIVE:
            raise UnknownEdit(edit_id)
        current = self.entry(edit.subject)
        later = [key for key, value in edit.after.items() if not editing.same(current.get(key), value)]
        if later:
            raise editing.EditConflict(later)
        return self.propose(
            edit.subject,
            edit.before,
            by=by,
            why=f"Back to before {edit.proposed_at:%Y-%m-%d}",
            action="reverted",
        )

    def get(self, edit_id: str) -> KnowledgeEdit:
        """Raises UnknownEdit."""
        with self._record.reading() as session:
            found = session.get(KnowledgeEdit, edit_id)
        if found is None:
            raise UnknownEdit(edit_id)
        return found

    def waiting(self) -> list[KnowledgeEdit]:
        """What waits for a second person, the oldest first."""
        with self._record.reading() as session:
            chosen = select(KnowledgeEdit).where(KnowledgeEdit.state == PROPOSED)
            return list(session.scalars(chosen.order_by(KnowledgeEdit.proposed_at)))

    def history(self, subject: str | None = None) -> list[KnowledgeEdit]:
        """The newest hundred edits, of one subject or of all."""
        chosen = select(KnowledgeEdit).order_by(KnowledgeEdit.proposed_at.desc(), KnowledgeEdit.id)
        if subject is not None:
            chosen = chosen.where(KnowledgeEdit.subject == subject)
        with self._record.reading() as session:
            return list(session.scalars(chosen.limit(HISTORY)))

    def _proposed(self, edit_id: str) -> KnowledgeEdit:
        with self._record.reading() as session:
            edit = session.get(KnowledgeEdit, edit_id)
        self._must_wait(edit)
        assert edit is not None
        return edit

    @staticmethod
    def _must_wait(edit: KnowledgeEdit | None) -> None:
        if edit is None:
            raise UnknownEdit
        if edit.state != PROPOSED:
            raise Decided(edit.state)

    def _make_live(self, edit: KnowledgeEdit, *, by: str, action: str) -> None:
        """File and record together; whoever calls holds the files."""
        restore = None
        try:
            with self._record.transaction() as session:
                kept = session.get(KnowledgeEdit, edit.id, with_for_update=True) if edit.id else None
                if kept is not None:
                    self._must_wait(kept)
                    kept.state, kept.decided_by, kept.decided_at = LIVE, by, now()
                    edit = kept
                else:
                    session.add(edit)
                session.flush()
                self._note(session, by, action, edit)
                session.flush()
                restore = editing.apply(self.files, edit.subject, edit.before, edit.after)
        except BaseException:
            if restore is not None:
                restore()
            raise

    @staticmethod
    def _note(session: Session, by: str, action: str, edit: KnowledgeEdit, *, as_: str = "") -> None:
        session.flush()
        detail: dict[str, Any] = {"subject": edit.subject, "keys": sorted(edit.after)}
        if as_ and as_ != "edited":
            detail["as"] = as_
        entry_detail = {key: value for key, value in detail.items() if key != "subject"}
        audit.note(session, by, f"knowledge.{action}", edit.subject, edit=edit.id, **entry_detail)


def title(subject: str) -> str:
    """A subject in words for people who know neither files nor keys."""
    return (
        "Facts of the organization"
        if subject == ORGANIZATION
        else subject.removeprefix(TOPIC).replace("_", " ")
    )
