"""The review list by the API: messages that were not understood, and what people decide about them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from frontdesk.channels.problems import Problem, documented
from frontdesk.staff import learning_review
from frontdesk.staff.api import shapes
from frontdesk.staff.api.door import Door
from frontdesk.staff.api_keys import Caller
from frontdesk.staff.learning_examples import UnfitExample, UnreadableData
from frontdesk.staff.learning_review import OUT_OF_SCOPE, StaleItem
from frontdesk.staff.learning_training import Training


def add_routes(made: APIRouter, door: Door) -> None:
    reader = Annotated[Caller, Depends(door.allow("learning:read"))]
    writer = Annotated[Caller, Depends(door.allow("learning:write"))]
    training = Training(door.record, door.settings)

    @made.get("/learning", tags=["Learning"], summary="The review list, grouped by similarity")
    def review_list(
        _: reader, reason: Annotated[shapes.ReviewReason | None, Query()] = None
    ) -> shapes.ReviewList:
        with door.record.transaction() as session:
            learning_review.gather(session)
            groups = learning_review.open_groups(session, reason=reason or "")
            return shapes.ReviewList(
                labels=training.examples.labels(),
                groups=[
                    shapes.ReviewGroup(
                        offered=list(group.offered),
                        items=[
                            shapes.ReviewItem.model_validate(one, from_attributes=True) for one in group.items
                        ],
                    )
                    for group in groups
                ],
            )

    @made.post(
        "/learning/decisions",
        tags=["Learning"],
        responses=documented(409),
        summary="Label messages, mark them out of scope, ask for a topic, or dismiss them",
    )
    def decide(caller: writer, body: shapes.Decision) -> shapes.Decided:
        ids = [item.id for item in body.items]
        texts = {item.id: item.text for item in body.items if item.text}
        try:
            with door.record.transaction() as session:
                if body.decision in ("teach", "out_of_scope"):
                    label = body.label or (OUT_OF_SCOPE if body.decision == "out_of_scope" else "")
                    if body.decision == "out_of_scope" and not label.startswith("decline/"):
                        raise ValueError("The label of what is out of scope begins with decline/.")
                    if not label:
                        raise ValueError("Say by `label` what the messages mean.")
                    many = learning_review.teach(
                        session, ids, training.examples, label=label, texts=texts, by=caller.login
                    )
                elif body.decision == "ask_for_topic":
                    many = learning_review.ask_for_topic(session, ids, note=body.note, by=caller.login)
                else:
                    many = learning_review.dismiss(session, ids, by=caller.login)
                door.note(session, caller, "learning.decided", decision=body.decision, count=many)
            training.write_examples()
        except StaleItem as stale:
            raise Problem(409, "stale", str(stale)) from None
        except (UnfitExample, UnreadableData, ValueError) as error:
            raise Problem(422, "invalid", str(error)) from None
        return shapes.Decided(decided=many)
