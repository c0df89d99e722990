"""Accounts: the first one, one-time passwords, rules for passwords, the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher

from frontdesk.conversations import holder
from frontdesk.records.models import Conversation, Staff
from frontdesk.records.session import Record
from frontdesk.staff import accounts, passwords
from frontdesk.staff.accounts import FIRST_LOGIN, AccountError, OneTimePassword

NEW = "marble window atlas"


def first(record: Record) -> OneTimePassword | None:
    with record.transaction() as session:
        return accounts.ensure_first_account(session)


def known(record: Record, login: str) -> Staff:
    with record.reading() as session:
        found = accounts.find(session, login)
    assert found is not None
    return found


def test_an_empty_record_gets_a_first_account_that_must_change_its_password(record: Record) -> None:
    given = first(record)
    assert given is not None
    made = known(record, FIRST_LOGIN)
    assert (made.role, made.must_change_password) == ("admin", True)
    assert passwords.fits(given.password, made.password_hash)
    assert given.password not in made.password_hash


def test_a_lost_first_print_is_no_lock_out(record: Record) -> None:
    lost, again = first(record), first(record)
    assert lost is not None
    assert again is not None
    assert lost.password != again.password
    kept = known(record, FIRST_LOGIN).password_hash
    assert passwords.fits(again.password, kept)
    assert not passwords.fits(lost.password, kept)


def test_an_owner_who_came_in_is_not_given_another_password(sqlite_record: Record, make_console: Any) -> None:
    given = first(sqlite_record)
    assert given is not None
    visitor = make_console(sqlite_record).visitor()
    visitor.sign_in(FIRST_LOGIN, given.password)
    visitor.post("/staff/password", current=given.password, new=NEW, again=NEW)
    visitor.get("/staff/")
    assert first(sqlite_record) is None
    with sqlite_record.transaction() as session:
        accounts.give_one_time_password(session, accounts.find(session, FIRST_LOGIN), by="test")  # type: ignore[arg-type]
    assert first(sqlite_record) is None, "a reset by a colleague is not undone by a start"


def test_no_first_account_is_made_where_there_are_accounts(sqlite_record: Record, desk: Any) -> None:
    desk.staff("amara", role="admin")
    assert first(sqlite_record) is None


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "Password12345!",
        "passwordpassword",
        "aaaaaaaaaaaaaa",
        "P@ssw0rd2026!!",
        "123456789012",
        "Summer2026!!!!",
        "amara-and-a-long-rest",
        "Okafor20262026",
        "x" * 300,
    ],
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(passwords.UnfitPassword):
        passwords.check(password, login="amara", name="Amara Okafor")


@pytest.mark.parametrize(
    "password", ["river lantern copper", "vier kleine Fische", "k2!vQ9xTzW4p", "青い空と赤い山と白い雪の道"]
)
def test_long_and_odd_passwords_are_welcome(password: str) -> None:
    passwords.check(password, login="amara", name="Amara Okafor")


def test_the_same_password_from_another_keyboard_fits() -> None:
    assert passwords.fits(
        "Caf\u00e9 am gr\u00fcnen Fluss", passwords.hashed("Cafe\u0301 am gru\u0308nen Fluss")
    )


def test_a_password_costs_who_guesses_as_much_as_rfc_9106_asks(earnest_hasher: PasswordHasher) -> None:
    assert earnest_hasher.memory_cost >= 64 * 1024
    assert earnest_hasher.time_cost >= 3
    assert earnest_hasher.type.name == "ID"


def test_a_hash_of_other_parameters_is_renewed_at_the_next_sign_in(desk: Any) -> None:
    staff_id = desk.staff("amara")
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("river lantern copper")
    with desk.record.transaction() as session:
        session.get(Staff, staff_id).password_hash = weak
    assert desk.visitor().sign_in("amara").status_code == 303
    assert not passwords.is_outdated(desk.get(Staff, staff_id).password_hash)


def test_an_account_that_is_disabled_gives_its_conversations_back(both: Any) -> None:
    both.staff("ada", role="admin")
    staff_id = both.staff("amara")
    conversation_id = both.waiting()
    with both.record.transaction() as session:
        holder.claim(session, conversation_id, staff_id)
    with both.record.transaction() as session:
        released = accounts.disable(session, session.get(Staff, staff_id), by="ada")
    assert list(released) == [conversation_id]
    assert both.get(Conversation, conversation_id).holder == "queued"


def test_the_last_admin_stays(both: Any) -> None:
    staff_id = both.staff("ada", role="admin")
    with both.record.transaction() as session, pytest.raises(AccountError):
        accounts.disable(session, session.get(Staff, staff_id), by="ada")
    with both.record.transaction() as session, pytest.raises(AccountError):
        accounts.change_role(session, session.get(Staff, staff_id), "agent", by="ada")


@pytest.fixture
def command(
    sqlite_url: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("CHHA_VAR_DIR", str(tmp_path / "var"))

    def run(*words: str) -> tuple[int, str, str]:
        code = accounts.main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_the_command_line_adds_resets_and_lists(command: Any, sqlite_record: Record) -> None:
    code, added, _ = command("add", "Mei", "--name", "Mei-Ling Chen", "--role", "editor")
    assert code == 0
    assert passwords.fits(added.split()[-1], known(sqlite_record, "mei").password_hash)
    code, reset, _ = command("reset", "mei")
    assert code == 0
    assert passwords.fits(reset.split()[-1], known(sqlite_record, "mei").password_hash)
    code, listed, _ = command("list")
    assert code == 0
    assert "mei" in listed
    assert "editor" in listed


def test_the_command_line_says_what_is_wrong(command: Any) -> None:
    code, _, trouble = command("reset", "nobody")
    assert code == 2
    assert "no account nobody" in trouble
    command("add", "mei", "--name", "Mei")
    code, _, trouble = command("add", "MEI", "--name", "Mei")
    assert code == 2
    assert "taken" in trouble
