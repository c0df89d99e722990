"""Every route of the console × who asks × how: allowed or refused. A route that is not in the table fails."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from frontdesk.app.main import create_app
from frontdesk.files.keeping import About, Files
from frontdesk.mail import outbox
from frontdesk.records.models import Message, PrivacyRequest, Staff, TrainingRun, now
from frontdesk.records.session import Record
from frontdesk.settings import ROOT, Settings
from frontdesk.staff import api_keys, invitations, learning_review, learning_training
from frontdesk.staff.invitations import Links
from frontdesk.staff.rendering import HEADERS, STATIC
from tests.staff.route_table import API, FORM, IN, OUTSIDE, STREAMS, TABLE

WHO = ("nobody", "agent", "editor", "admin")


@dataclass
class Place:
    """What to ask about, fresh for each question: a waiting conversation, an application, a colleague."""

    desk: Any
    names: dict[str, str]

    def path(self, template: str) -> str:
        return re.sub(r"\{(\w+)(:path)?\}", lambda name: self.names[name[1]], template)


_numbers = itertools.count(10_000)


@pytest.fixture(scope="module")
def open_desk(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, build_console: Any
) -> Iterator[Any]:
    """One console for the whole table."""
    folder = tmp_path_factory.mktemp("table")
    shutil.copyfile(migrated_sqlite, folder / "record.db")
    shutil.copytree(ROOT / "knowledge", folder / "knowledge")
    shutil.copy(ROOT / "organization.yml", folder)
    record = Record(f"sqlite:///{folder / 'record.db'}")
    keys = {"secret_key": "a" * 43, "rasa_key": "b" * 43}
    settings = Settings(  # type: ignore[call-arg]
        _env_file=None,
        var_dir=folder,
        models_dir=folder / "models",
        project_dir=folder,
        knowledge_dir=folder / "knowledge",
        organization_file=folder / "organization.yml",
        logins_per_minute=100_000,
        **keys,
    )
    yield build_console(record, settings)
    record.close()


def learning_on(desk: Any) -> dict[str, str]:
    """A message on the review list, another beside it, and a training that another process works on."""
    listed = desk.says(desk.conversation(), "zorg")
    with desk.record.transaction() as session:
        item = learning_review.add(session, session.get_one(Message, listed), "fallback")
        run = learning_training.working(session)
        if run is None:
            until = now() + timedelta(hours=1)
            run = TrainingRun(working=1, owner="another", lease_until=until, model="m", started_by="ed")
            session.add(run)
            session.flush()
        run_id = run.id
    message_id = desk.says(desk.conversation(), "another")
    return {"item_id": item.id, "message_id": message_id, "run_id": run_id}


def place_on(desk: Any) -> Place:
    number = next(_numbers)
    desk.application(f"T{number}")
    colleague = desk.staff(f"colleague{number}")
    return Place(
        desk,
        {
            "reference": f"T{number}",
            "staff_id": colleague,
            "name": "console.css",
            "delivery_id": "0" * 32,
            "view_id": "0" * 32,
            "edit_id": "0" * 32,
            "topic_id": "electives",
            "rest": "nowhere/at/all",
            "handle": "0" * 16,
            **thread_on(desk),
            "file_id": file_on(desk),
            "mail_id": mail_on(desk),
            "request_id": request_on(desk),
            **security_on(desk, number, colleague),
            **learning_on(desk),
        },
    )


def file_on(desk: Any) -> str:
    """A CV that somebody handed in."""
    about = About(desk.waiting(), name="cv.pdf", document="cv")
    return Files(desk.record, desk.settings).keep([b"%PDF-1.4\n%%EOF\n"], about).id


def mail_on(desk: Any) -> str:
    """A letter that waits."""
    with desk.record.transaction() as session:
        return outbox.put_text(session, "copy", "ana@example.org", subject="Hello", body="Hello").id


def request_on(desk: Any) -> str:
    """Somebody who asks for a copy."""
    waiting = desk.waiting()
    with desk.record.transaction() as session:
        request = PrivacyRequest(conversation_id=waiting, kind="export")
        session.add(request)
        session.flush()
        return request.id


def thread_on(desk: Any) -> dict[str, str]:
    """A waiting conversation with a draft of which one field is known, and a saved reply."""
    conversation_id = desk.waiting()
    desk.draft(conversation_id, full_name="Amina Bello")
    return {
        "conversation_id": conversation_id,
        "of": "draft",
        "field": "full_name",
        "reply_id": desk.saved_reply(f"Reply {next(_numbers)}", "Hello {first_name}"),
    }


def security_on(desk: Any, number: int, colleague: str) -> dict[str, str]:
    """An invitation and a key."""
    with desk.record.transaction() as session:
        invited = invitations.invite(
            session, email=f"guest{number}@example.org", name="Guest", role="agent", days=1, by="test"
        )
        staff = session.get_one(Staff, colleague)
        key, _ = api_keys.make(session, name="k", staff=staff, scopes=["knowledge:read"], days=1, by="test")
    link = Links(desk.settings.secret_key, desk.settings.base_url).link(invited)
    return {"token": link.rpartition("/")[2], "invitation_id": invited.id, "key_id": key.id}


@pytest.fixture(scope="module")
def place(open_desk: Any) -> Place:
    """One for all tests that change nothing."""
    return place_on(open_desk)


def asked(place: Place, who: str) -> Any:
    return place.desk.visitor() if who == "nobody" else place.desk.signed_in(who, role=who)


def addresses(routes: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every (method, path) that an app answers, included routers too."""
    for route in routes:
        inside = getattr(route, "original_router", None)
        if inside is not None:
            yield from addresses(inside.routes, prefix + route.include_context.prefix)
        else:
            for method in route.methods:
                yield method, prefix + route.path


def test_every_route_is_in_the_table(desk: Any) -> None:
    found = set(addresses(create_app(desk.settings, record=desk.record).routes))
    assert len(found) > len(TABLE)
    assert found == {*TABLE, *STREAMS, *API, *OUTSIDE}


IN_OR_REFUSED = {IN, 403}


@pytest.mark.parametrize(("method", "template"), TABLE)
def test_a_route_answers_by_role(open_desk: Any, place: Place, method: str, template: str) -> None:
    for who, expected in zip(WHO, TABLE[method, template], strict=True):
        if method == "POST" and expected not in (IN_OR_REFUSED if who == "nobody" else {403}):
            place = place_on(open_desk)  # a change is made on a place of its own
        visitor, path = asked(place, who), place.path(template)
        if method == "GET":
            response = visitor.get(path)
        else:
            token = visitor.token() if who != "nobody" else "none"
            response = visitor.client.post(path, data={"csrf": token, **FORM})
        assert response.status_code == expected, (who, response.text[:400])
        if who == "nobody" and expected == IN and path != "/staff":
            assert response.headers["location"].startswith("/staff/login")


@pytest.mark.parametrize(("method", "template"), [entry for entry in TABLE if entry[0] == "POST"])
def test_a_change_without_the_csrf_token_is_refused(place: Place, method: str, template: str) -> None:
    response = asked(place, "admin").client.post(place.path(template), data=FORM)
    assert response.status_code == 403


@pytest.mark.parametrize("who", ["nobody", "admin"])
def test_every_answer_carries_the_headers(place: Place, who: str) -> None:
    visitor = asked(place, who)
    for method, template in TABLE:
        if method == "GET":
            response = visitor.get(place.path(template))
            saved = response.headers.get("Content-Disposition", "").startswith("attachment")
            for name, value in HEADERS.items():
                stricter = saved and response.headers[name].startswith("sandbox; default-src 'none'")
                assert stricter or response.headers[name] == value, template
            if "static" not in template:
                assert response.headers["Cache-Control"] == "no-store", template


def test_pages_hold_no_inline_script_and_no_inline_style(place: Place) -> None:
    admin = asked(place, "admin")
    for method, template in TABLE:
        if method == "GET" and "static" not in template:
            html = admin.get(place.path(template)).text
            assert "<style" not in html
            assert " style=" not in html
            assert "<script>" not in html
            assert " onclick=" not in html


def test_the_vendored_file_is_the_one_of_the_notice() -> None:
    import hashlib

    notice = (STATIC / "vendor" / "NOTICE").read_text()
    for path in (STATIC / "vendor").glob("*.js"):
        assert path.name in notice
        assert hashlib.sha256(path.read_bytes()).hexdigest() in notice


@pytest.mark.parametrize(
    "name", ["../console.py", "..%2fconsole.py", "vendor/../../console.py", "nothing.css"]
)
def test_only_static_files_are_given_out(desk: Any, name: str) -> None:
    assert desk.visitor().get(f"/staff/static/{name}").status_code in (303, 404)


def test_a_body_that_is_too_large_is_refused(desk: Any) -> None:
    visitor = desk.signed_in()
    response = visitor.post(f"/staff/conversations/{desk.waiting()}/reply", text="x" * 70_000)
    assert response.status_code == 413


def test_a_form_that_is_no_form_is_refused(desk: Any) -> None:
    visitor = desk.signed_in()
    headers = {"X-CSRF-Token": visitor.token()}
    assert (
        visitor.client.post("/staff/availability", json={"available": "no"}, headers=headers).status_code
        == 415
    )


def test_a_record_that_does_not_answer_is_said_so(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    visitor = desk.signed_in()

    def broken(*_: object, **__: object) -> Callable[..., Any]:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(desk.record, "reading", broken)
    response = visitor.get("/staff/")
    assert response.status_code == 503
    assert "The record does not answer" in response.text


def test_admins_add_reset_and_disable_colleagues(desk: Any) -> None:
    from frontdesk.staff.accounts import find

    admin = desk.signed_in("ada", role="admin")
    added = admin.post("/staff/team", login="mei", name="Mei-Ling", role="editor")
    given = added.text.split('data-testid="one-time-password">')[1].split("<")[0]
    assert desk.visitor().sign_in("mei", given).status_code == 303
    with desk.record.reading() as session:
        staff_id = find(session, "mei").id  # type: ignore[union-attr]
    reset = admin.post(f"/staff/team/{staff_id}/reset").text
    again = reset.split('data-testid="one-time-password">')[1].split("<")[0]
    assert desk.visitor().sign_in("mei", given).status_code == 401
    assert desk.visitor().sign_in("mei", again).status_code == 303
    admin.post(f"/staff/team/{staff_id}/disable")
    assert desk.visitor().sign_in("mei", again).status_code == 401
    assert admin.post("/staff/team", login="mei", name="Again", role="agent").status_code == 422
    assert "account.disabled" in admin.get("/staff/audit").text


def test_an_admin_cannot_lock_oneself_out(desk: Any) -> None:
    staff_id = desk.staff("ada", role="admin")
    admin = desk.signed_in("ada")
    assert admin.post(f"/staff/team/{staff_id}/disable").status_code == 409
    assert admin.post(f"/staff/team/{staff_id}/reset").status_code == 409
    assert admin.post(f"/staff/team/{staff_id}/role", role="agent").status_code == 422
