"""The learning loop's pages: the review list, what was decided, training runs, and what is live."""

import threading
import time
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.orm import Session

from frontdesk.knowledge.topics import topics
from frontdesk.records.models import Message, ReviewItem, TrainingRun, now
from frontdesk.staff import audit, learning_review, learning_training
from frontdesk.staff.desk import Desk, see
from frontdesk.staff.gate import Change, Form, Refused
from frontdesk.staff.learning_examples import UnfitExample, UnreadableData
from frontdesk.staff.learning_models import NoSuchModel
from frontdesk.staff.learning_review import OUT_OF_SCOPE, REASONS, StaleItem
from frontdesk.staff.learning_training import AlreadyTraining, SwapFailed, Training
from frontdesk.staff.sessions import Member

LEARNING: Final = "/staff/learning"
RUNS: Final = "/staff/learning/runs"
GATHER_EVERY: Final = 15.0
FAMILIES: Final = {"faq": "Topics", "decline": "Out of scope", "chitchat": "Small talk", "safety": "Safety"}

ItemId = Annotated[str, Path(max_length=64)]


def add_routes(router: APIRouter, desk: Desk, training: Training) -> None:
    _add_list(router, desk, training, _Gathering(desk))
    _add_reporting(router, desk)
    _add_runs(router, desk, training)


class _Gathering:
    """Looks for new messages when somebody opens the list, but not with every click."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._next = 0.0

    def look(self) -> None:
        with self._lock:
            if time.monotonic() < self._next:
                return
            with self._desk.record.transaction() as session:
                learning_review.gather(session)
            self._next = time.monotonic() + GATHER_EVERY


def _add_list(router: APIRouter, desk: Desk, training: Training, gathering: _Gathering) -> None:
    editor = Annotated[Member, Depends(desk.gate.allow("editor"))]
    change = Annotated[Change, Depends(desk.gate.change("editor"))]

    @router.get("/learning")
    def review_list(
        request: Request, member: editor, reason: Annotated[str, Query(max_length=16)] = ""
    ) -> Response:
        gathering.look()
        return _list(desk, training, request, member, reason=reason if reason in REASONS else "")

    @router.get("/learning/decided")
    def decided(request: Request, member: editor) -> Response:
        with desk.record.reading() as session:
            items = learning_review.decided(session)
        return desk.page(
            request, member, "learning_decided.html", here="learning", items=items, reasons=REASONS
        )

    def deciding(
        decide: Callable[[Session, Form, list[str], str], int],
    ) -> Callable[[Request, Change], Response]:
        """A change of the list: decide in one transaction, write the file, say what was done."""

        def done(request: Request, asked: Change) -> Response:
            chosen = [name.removeprefix("item-") for name in asked.form.fields if name.startswith("item-")]
            if not chosen:
                return _list(desk, training, request, asked.member, trouble="Choose at least one message.")
            try:
                with desk.record.transaction() as session:
                    decide(session, asked.form, chosen, asked.member.login)
            except (UnfitExample, StaleItem, UnreadableData, ValueError) as error:
                return _list(
                    desk, training, request, asked.member, trouble=str(error), typed=asked.form.fields
                )
            return _written(desk, training, request, asked.member)

        return done

    def teach(session: Session, form: Form, chosen: list[str], by: str) -> int:
        label = form.text("label")
        if not label:
            raise ValueError("Choose what the message means.")
        texts = {item_id: form.text(f"text-{item_id}") for item_id in chosen}
        return learning_review.teach(session, chosen, training.examples, label=label, texts=texts, by=by)

    @router.post("/learning/teach")
    def teach_items(request: Request, asked: change) -> Response:
        return deciding(teach)(request, asked)

    @router.post("/learning/out-of-scope")
    def out_of_scope(request: Request, asked: change) -> Response:
        def decide(session: Session, form: Form, chosen: list[str], by: str) -> int:
            texts = {item_id: form.text(f"text-{item_id}") for item_id in chosen}
            label = form.text("limit") or OUT_OF_SCOPE
            if not label.startswith("decline/"):
                raise ValueError("Choose one of the limits.")
            return learning_review.teach(session, chosen, training.examples, label=label, texts=texts, by=by)

        return deciding(decide)(request, asked)

    @router.post("/learning/ask-for-topic")
    def ask_for_topic(request: Request, asked: change) -> Response:
        def decide(session: Session, form: Form, chosen: list[str], by: str) -> int:
            return learning_review.ask_for_topic(session, chosen, note=form.text("note"), by=by)

        return deciding(decide)(request, asked)

    @router.post("/learning/dismiss")
    def dismiss(request: Request, asked: change) -> Response:
        def decide(session: Session, _: Form, chosen: list[str], by: str) -> int:
            return learning_review.dismiss(session, chosen, by=by)

        return deciding(decide)(request, asked)

    @router.post("/learning/items/{item_id}/reopen")
    def reopen(request: Request, asked: change, item_id: ItemId) -> Response:
        try:
            with desk.record.transaction() as session:
                learning_review.reopen(session, item_id, by=asked.member.login)
        except LookupError:
            raise Refused(404, "Not found", "There is no such message on the list.") from None
        return _written(desk, training, request, asked.member, to=f"{LEARNING}/decided")


def _written(
    desk: Desk, training: Training, request: Request, member: Member, to: str = LEARNING
) -> Response:
    """Write the examples' file after a decision; a file that cannot be written loses nothing."""
    try:
        training.write_examples()
    except UnreadableData as error:
        return _list(desk, training, request, member, trouble=f"Decided, but not written yet: {error}")
    return see(to, "decided")


def _list(
    desk: Desk,
    training: Training,
    request: Request,
    member: Member,
    *,
    reason: str = "",
    trouble: str | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    with desk.record.reading() as session:
        groups = learning_review.open_groups(session, reason=reason)
        counts = learning_review.counts(session)
    try:
        families = _families(desk, training.examples.labels())
    except UnreadableData as error:
        families, trouble = [], trouble or str(error)
    return desk.page(
        request,
        member,
        "learning.html",
        here="learning",
        status=422 if trouble else 200,
        notice=trouble,
        groups=groups,
        counts=counts,
        reasons=REASONS,
        reason=reason,
        families=families,
        names={label: words for _, labels in families for label, words in labels},
        out_of_scope=OUT_OF_SCOPE,
        typed=typed or {},
    )


def _families(desk: Desk, labels: list[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The labels that a message can mean, by family, each with words for people."""
    questions = {topic.id: topic.question for topic in topics(desk.settings.knowledge_dir)}
    found: dict[str, list[tuple[str, str]]] = {}
    for label in labels:
        family, _, name = label.partition("/")
        title = FAMILIES.get(family, "Wishes and commands") if name else "Wishes and commands"
        words = questions.get(name, name.replace("_", " ")) if name else label.replace("_", " ")
        found.setdefault(title, []).append((label, words))
    order = [*FAMILIES.values(), "Wishes and commands"]
    return sorted(
        ((title, sorted(rows, key=lambda row: row[1].casefold())) for title, rows in found.items()),
        key=lambda one: order.index(one[0]),
    )


def _add_reporting(router: APIRouter, desk: Desk) -> None:
    agent = Annotated[Member, Depends(desk.gate.allow())]
    change = Annotated[Change, Depends(desk.gate.change())]

    @router.get("/learning/messages/{message_id}")
    def report_page(request: Request, member: agent, message_id: ItemId) -> Response:
        with desk.record.reading() as session:
            message = _applicants(session, message_id)
            there = session.query(ReviewItem).filter_by(message_id=message_id).one_or_none()
        return desk.page(
            request, member, "learning_report.html", here="learning", message=message, there=there
        )

    @router.post("/learning/messages/{message_id}")
    def report(asked: change, message_id: ItemId) -> Response:
        with desk.record.transaction() as session:
            message = _applicants(session, message_id)
            item = learning_review.add(session, message, "corrected")
            audit.note(session, asked.member.login, "learning.reported", item.id)
        return see(f"/staff/conversations/{message.conversation_id}", "reported")


def _applicants(session: Session, message_id: str) -> Message:
    message = session.get(Message, message_id)
    if message is None or message.author != "applicant" or not message.text.strip():
        raise Refused(404, "Not found", "There is no such message of an applicant.")
    return message


def _add_runs(router: APIRouter, desk: Desk, training: Training) -> None:
    editor = Annotated[Member, Depends(desk.gate.allow("editor"))]
    change = Annotated[Change, Depends(desk.gate.change("editor"))]

    @router.get("/learning/runs")
    def runs(request: Request, member: editor) -> Response:
        return _runs(desk, training, request, member)

    @router.get("/learning/progress")
    def progress(member: editor) -> Response:
        training.bury_the_dead()
        with desk.record.reading() as session:
            run = learning_training.working(session)
        if run is None:  # it ended: the whole page has something new to show
            return Response(status_code=200, headers={"HX-Refresh": "true"})
        return desk.fragment("parts/learning_progress.html", run=run, member=member, at=now())

    @router.get("/learning/runs/{run_id}")
    def run_page(request: Request, member: editor, run_id: ItemId) -> Response:
        with desk.record.reading() as session:
            run = session.get(TrainingRun, run_id)
        if run is None:
            raise Refused(404, "Not found", "There is no such training run.")
        return desk.page(
            request,
            member,
            "learning_run.html",
            here="learning",
            run=run,
            live=_live_name(training),
            at=now(),
        )

    @router.post("/learning/runs")
    def start(request: Request, asked: change) -> Response:
        try:
            training.start(asked.member.login)
        except (AlreadyTraining, UnreadableData) as error:
            return _runs(desk, training, request, asked.member, trouble=str(error))
        return see(RUNS, "training")

    @router.post("/learning/runs/{run_id}/stop")
    def stop(asked: change, run_id: ItemId) -> Response:
        training.stop(run_id, asked.member.login)
        return see(RUNS, "training_stopped")

    @router.post("/learning/runs/{run_id}/live")
    def put_live(request: Request, asked: change, run_id: ItemId) -> Response:
        try:
            told = training.put_live(run_id, asked.member.login)
        except LookupError as error:
            text = str(error) if isinstance(error, NoSuchModel) else "There is no model of that run."
            raise Refused(404, "Not found", text) from None
        except SwapFailed as error:
            return _runs(desk, training, request, asked.member, trouble=str(error), status=503)
        return _runs(desk, training, request, asked.member, done=told)

    @router.post("/learning/go-back")
    def go_back(request: Request, asked: change) -> Response:
        try:
            told = training.go_back(asked.member.login)
        except NoSuchModel as error:
            return _runs(desk, training, request, asked.member, trouble=str(error), status=409)
        except SwapFailed as error:
            return _runs(desk, training, request, asked.member, trouble=str(error), status=503)
        return _runs(desk, training, request, asked.member, done=told)


def _live_name(training: Training) -> str | None:
    live = training.models.live()
    return live.name if live else None


def _runs(
    desk: Desk,
    training: Training,
    request: Request,
    member: Member,
    *,
    trouble: str | None = None,
    done: str | None = None,
    status: int = 409,
) -> Response:
    training.bury_the_dead()
    pin = training.models.pin()
    with desk.record.reading() as session:
        context: dict[str, Any] = {
            "runs": learning_training.listed(session),
            "run": learning_training.working(session),
            "taught": len(learning_review.taught(session)),
        }
    return desk.page(
        request,
        member,
        "learning_runs.html",
        here="learning",
        status=status if trouble else 200,
        notice=trouble or done,
        live=_live_name(training),
        previous=pin.previous if pin else None,
        sets=desk.settings.evaluation_sets,
        seconds=learning_training.seconds,
        at=now(),
        **context,
    )
