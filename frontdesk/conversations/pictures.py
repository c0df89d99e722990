"""Pictures of the team, as visitors see them beside a person's words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import puremagic
from sqlalchemy import select
from sqlalchemy.orm import Session

from frontdesk.records.models import StaffPicture, new_id

LIMIT = 200_000
MEDIA = ("image/png", "image/jpeg", "image/webp")


class UnusablePicture(ValueError):
    """The bytes cannot be a picture here; the text says what to do."""


@dataclass(frozen=True)
class Picture:
    media_type: str
    image: bytes


def keep_picture(session: Session, staff_id: str, image: bytes) -> str:
    """Keep a picture of this member of staff in place of an older one; its id.

    Raises:
        UnusablePicture: larger than `LIMIT` bytes, or not PNG, JPEG or WebP by its content.
    """
    if len(image) > LIMIT:
        raise UnusablePicture(f"A picture may have at most {LIMIT // 1000} kB.")
    media = _media_type(image)
    if media is None:
        raise UnusablePicture("A picture must be a PNG, JPEG or WebP file.")
    kept = session.merge(StaffPicture(staff_id=staff_id, id=new_id(), media_type=media, image=image))
    session.flush()
    return kept.id


def remove_picture(session: Session, staff_id: str) -> None:
    """Forget the picture; without one this changes nothing."""
    kept = session.get(StaffPicture, staff_id)
    if kept is not None:
        session.delete(kept)


def picture(session: Session, picture_id: str) -> Picture | None:
    """The picture of that id, or None when it was replaced or removed."""
    found = session.scalars(select(StaffPicture).where(StaffPicture.id == picture_id)).one_or_none()
    return Picture(found.media_type, found.image) if found else None


def picture_ids(session: Session, staff_ids: Iterable[str]) -> dict[str, str]:
    """Staff id → id of the picture, for those who have one."""
    asked = list(staff_ids)
    if not asked:
        return {}
    found = session.execute(
        select(StaffPicture.staff_id, StaffPicture.id).where(StaffPicture.staff_id.in_(asked))
    )
    return {row[0]: row[1] for row in found}


def _media_type(image: bytes) -> str | None:
    try:
        guessed = {match.mime_type for match in puremagic.magic_string(image[:4096])}
    except (puremagic.PureError, ValueError):
        return None
    return next((media for media in MEDIA if media in guessed), None)
