"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes for a lost device.

Secrets are sealed by a key derived from the installation's; of recovery codes only keyed hashes are kept. No
code is taken twice. Nothing here knows pages or sessions.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final, Literal

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from frontdesk.records.models import HouseRule, RecoveryCode, SecondFactor, Staff, now
from frontdesk.staff import audit

STEP_SECONDS: Final = 30
# A phone's clock may be one step off, before or behind (RFC 6238, 5.2).
STEPS_OFF: Final = 1
RECOVERY_CODES: Final = 10
RULE: Final = "second_factor"
# Who must have one: the rule's values, and the words for people.
REQUIRED_OF: Final = {
    "nobody": "Nobody must; everybody may",
    "admins": "Admins must",
    "everybody": "Everybody must",
}
# No letters or digits that are taken for one another.
_READABLE: Final = "abcdefghjkmnpqrstuvwxyz23456789"


class WrongCode(ValueError):
    """The code is not right, or was used before. The text says what to do."""


class NoSecondFactor(RuntimeError):
    """The account has none, or its secret cannot be opened with this installation's key."""


@dataclass(frozen=True)
class SetUp:
    """What the authenticator app needs: the secret to type, and the same as an `otpauth://` address."""

    secret: str
    uri: str


class Keys:
    """Seals secrets and hashes codes.

    Args:
        secret_key: the installation's key (`CHHA_SECRET_KEY`).
    """

    def __init__(self, secret_key: str) -> None:
        derived = HKDF(SHA256(), 64, None, b"staff second factor").derive(secret_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived[:32]))
        self._hashing = derived[32:]

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises NoSecondFactor: it was sealed by another installation's key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise NoSecondFactor(
                "The secret was sealed with another CHHA_SECRET_KEY. An admin can remove the second factor."
            ) from None

    def hashed(self, code: str) -> str:
        return hmac.new(self._hashing, code.encode(), hashlib.sha256).hexdigest()


def in_force(session: Session, staff_id: str) -> bool:
    """Whether signing in needs a code."""
    found = session.get(SecondFactor, staff_id)
    return found is not None and found.confirmed_at is not None


def required_of(session: Session) -> str:
    """The house rule: one of REQUIRED_OF."""
    rule = session.get(HouseRule, RULE)
    return rule.value if rule is not None and rule.value in REQUIRED_OF else "nobody"


def require_of(session: Session, value: str, *, by: str) -> None:
    """Set the house rule.

    Raises:
        ValueError: another value than those of REQUIRED_OF.
    """
    if value not in REQUIRED_OF:
        raise ValueError(f"Choose one of {', '.join(REQUIRED_OF)}.")
    before = required_of(session)
    session.merge(HouseRule(name=RULE, value=value, changed_by=by, changed_at=now()))
    audit.note(session, by, "rule.second_factor", before=before, after=value)
    session.flush()


def begin(session: Session, staff: Staff, keys: Keys, *, issuer: str) -> SetUp:
    """The secret to set up; the same one until it is confirmed.

    Raises:
        NoSecondFactor: one is in force already; remove it first.
    """
    kept = session.get(SecondFactor, staff.id, with_for_update=True)
    if kept is not None and kept.confirmed_at is not None:
        raise NoSecondFactor("A second factor is set up already.")
    secret = ""
    if kept is not None:
        try:
            secret = keys.open(kept.sealed)
        except NoSecondFactor:
            session.delete(kept)
            session.flush()
    if not secret:
        secret = pyotp.random_base32()
        session.add(SecondFactor(staff_id=staff.id, sealed=keys.seal(secret)))
        session.flush()
    return SetUp(secret, pyotp.TOTP(secret).provisioning_uri(name=staff.login, issuer_name=issuer))


def confirm(session: Session, staff: Staff, keys: Keys, code: str) -> list[str]:
    """Put the begun secret in force by a first code from the app.

    Returns:
        The recovery codes, to be shown once.

    Raises:
        WrongCode, NoSecondFactor
    """
    kept = session.get(SecondFactor, staff.id, with_for_update=True)
    if kept is None or kept.confirmed_at is not None:
        raise NoSecondFactor("Add the account to your app first, then type its code.")
    _take_code(kept, keys, code)
    kept.confirmed_at = now()
    audit.note(session, staff.login, "second_factor.set_up", staff.id)
    return renew_recovery_codes(session, staff, keys)


def take(session: Session, staff: Staff, keys: Keys, code: str) -> Literal["code", "recovery_code"]:
    """Accept a code of the app, or a recovery code, once.

    Raises:
        WrongCode, NoSecondFactor
    """
    kept = session.get(SecondFactor, staff.id, with_for_update=True)
    if kept is None or kept.confirmed_at is None:
        raise NoSecondFactor("There is no second factor on this account.")
    plain = "".join(code.split()).replace("-", "").casefold()
    if plain.isdigit():
        _take_code(kept, keys, plain)
        return "code"
    recovery = session.get(RecoveryCode, keys.hashed(plain), with_for_update=True)
    if recovery is None or recovery.staff_id != staff.id or recovery.used_at is not None:
        raise WrongCode("This code is not right. Wait for the next one in your app, then type it.")
    recovery.used_at = now()
    audit.note(session, staff.login, "second_factor.recovery_code_used", staff.id)
    session.flush()
    return "recovery_code"


def renew_recovery_codes(session: Session, staff: Staff, keys: Keys) -> list[str]:
    """Fresh recovery codes; the old ones are worth nothing any more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    codes = ["".join(secrets.choice(_READABLE) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(code_hash=keys.hashed(code), staff_id=staff.id) for code in codes)
    audit.note(session, staff.login, "second_factor.recovery_codes_made", staff.id)
    session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_codes_left(session: Session, staff_id: str) -> int:
    unused = select(func.count()).where(RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None))
    return session.scalar(unused) or 0


def remove(session: Session, staff: Staff, *, by: str) -> None:
    """The account has no second factor any more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    session.execute(delete(SecondFactor).where(SecondFactor.staff_id == staff.id))
    audit.note(session, by, "second_factor.removed", staff.id)
    session.flush()


def _take_code(kept: SecondFactor, keys: Keys, code: str) -> None:
    totp = pyotp.TOTP(keys.open(kept.sealed), interval=STEP_SECONDS)
    code = "".join(code.split())
    step = int(now().timestamp()) // STEP_SECONDS
    for tried in range(step - STEPS_OFF, step + STEPS_OFF + 1):
        if hmac.compare_digest(totp.at(tried * STEP_SECONDS).encode(), code.encode()):
            if tried <= kept.last_step:
                raise WrongCode("This code was used already. Wait for the next one in your app.")
            kept.last_step = tried
            return
    raise WrongCode("This code is not right. Wait for the next one in your app, then type it.")
