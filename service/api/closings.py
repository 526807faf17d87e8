"""``/jobs/{id}/closings`` and ``/closings``: tell everybody who is left when a job is closed."""

from __future__ import annotations

from typing import Any

from service.api.lookups import check_references, found
from service.api.operation import Answer, Call, Resource, paged
from service.api.problems import invalid
from service.api.schemas.base import page_of
from service.api.schemas.closing import (
    ClosingPeopleQuery,
    ClosingPersonSchema,
    ClosingProgressSchema,
    ClosingQuery,
    ClosingSchema,
    ClosingUndoneSchema,
)
from service.api.schemas.closing_preview import (
    ClosingNewSchema,
    ClosingPreviewSchema,
    ClosingWishSchema,
    PreviewQuery,
)
from service.domain.closing_terms import MANY, Outcome
from service.domain.delivery import MailState
from service.models import Job, JobClosing, User
from service.queries import closings
from service.queries.keyset import Page
from service.workflows.cancelling import Which, cancel_letters
from service.workflows.close_job import close_job
from service.workflows.closing_letters import PlannedLetter
from service.workflows.closing_plan import ClosingPlan, ClosingWish, plan_closing
from service.workflows.composing import full_name
from service.workflows.undo_closing import undo_closing

resource = Resource("closings", "Closing a job, and telling everybody who is left.")
_CANCELLED = "the letters of the closing were taken back"


@resource.operation(
    "POST",
    "/jobs/<job_id>/closings/preview",
    scope="read",
    body=ClosingWishSchema,
    query=PreviewQuery,
    returns=ClosingPreviewSchema,
)
def preview_closing(call: Call, body: dict[str, Any], args: dict[str, Any], job_id: str) -> Any:
    """Preview the closing of a job.

    Says how everybody would be told, and why, with every letter as it would go. Nothing is stored.
    The HTML parts are large and are shown only with `?html=true`.
    """
    job = found(call, Job, job_id, "job")
    plan = plan_closing(call.work, job, _wish(call, body))
    return _shown(call, plan, html=args["html"])


@resource.operation(
    "POST",
    "/jobs/<job_id>/closings",
    scope="write",
    body=ClosingNewSchema,
    status=201,
    returns=ClosingProgressSchema,
)
def create_closing(call: Call, body: dict[str, Any], job_id: str) -> Answer:
    """Close a job.

    Decides about everybody who is left and writes the letters, which wait an hour at least; who
    was interviewed gets a call first, which somebody owes from now on. It is planned anew: where
    the number of letters is not the one confirmed, nothing is done. Beyond thirty letters the
    number must be confirmed.
    """
    job = found(call, Job, job_id, "job")
    confirm_count = body.pop("confirm_count", None)
    done = close_job(call.work, job.id, _wish(call, body), confirm_count)
    return Answer(
        _progress(call, done.closing), done.closing.version, f"/closings/{done.closing.id}"
    )


@resource.operation(
    "GET", "/closings", scope="read", query=ClosingQuery, returns=page_of(ClosingSchema)
)
def list_closings(call: Call, args: dict[str, Any]) -> Any:
    """List closings.

    The newest come first.
    """
    return paged(
        "closings",
        args,
        lambda after, limit: closings.closings(
            call.session, after=after, limit=limit, job_id=args.get("job_id")
        ),
    )


@resource.operation("GET", "/closings/<closing_id>", scope="read", returns=ClosingProgressSchema)
def get_closing(call: Call, closing_id: str) -> Answer:
    """Show a closing.

    With how far its letters and calls have come.
    """
    closing = found(call, JobClosing, closing_id, "closing")
    return Answer(_progress(call, closing), closing.version)


@resource.operation(
    "GET",
    "/closings/<closing_id>/people",
    scope="read",
    query=ClosingPeopleQuery,
    returns=page_of(ClosingPersonSchema),
)
def list_closing_people(call: Call, args: dict[str, Any], closing_id: str) -> Any:
    """List the people of a closing.

    Part by part, each with what became of their letter or call.
    """
    closing = found(call, JobClosing, closing_id, "closing")

    def fetch(after: Any, limit: int) -> Any:
        page = closings.closing_people(
            call.session, closing.id, after=after, limit=limit, part=args.get("part")
        )
        return Page([_person(row) for row in page.rows], page.next)

    return paged(f"closing-people-{closing.id}", args, fetch)


@resource.operation(
    "POST",
    "/closings/<closing_id>/undo",
    scope="write",
    returns=ClosingUndoneSchema,
    if_match="optional",
)
def undo(call: Call, closing_id: str) -> Answer:
    """Take a closing back.

    Its unsent letters stop, its decisions are withdrawn and everybody who was not told is
    considered again. Who was told stays rejected and is listed in `stays`; where that is everybody,
    the answer is 409.
    """
    closing = found(call, JobClosing, closing_id, "closing")
    call.check(closing.version)
    done = undo_closing(call.work, closing.id, call.user_id)
    value = {
        **_progress(call, done.closing),
        "letters_cancelled": done.letters_cancelled,
        "reopened": done.reopened,
        "stays": [{"application_id": id_, "why": why} for id_, why in done.stays],
    }
    return Answer(value, done.closing.version)


@resource.operation(
    "POST",
    "/closings/<closing_id>/cancel-letters",
    scope="write",
    returns=ClosingProgressSchema,
    if_match="optional",
)
def cancel_closing_letters(call: Call, closing_id: str) -> Answer:
    """Stop the letters of a closing.

    Those that have not left. The decisions stand, and telling them is still owed.
    """
    closing = found(call, JobClosing, closing_id, "closing", lock=True)
    call.check(closing.version)
    cancel_letters(call.work, Which(closing_id=closing.id), _CANCELLED)
    return Answer(_progress(call, closing), closing.version)


def _wish(call: Call, body: dict[str, Any]) -> ClosingWish:
    check_references(call, body, by_user_id=User)
    by_user_id = body.get("by_user_id") or call.user_id
    if by_user_id is None:
        raise invalid("/by_user_id", "Say who decides: a decision is a person's.")
    return ClosingWish(
        outcome=Outcome(body["outcome"]),
        by_user_id=by_user_id,
        reason=body.get("reason"),
        second_choice=frozenset(body["second_choice"]),
        second_choice_until_on=body.get("second_choice_until_on"),
        mail_anyway=frozenset(body["mail_anyway"]),
        leave_out=frozenset(body["leave_out"]),
    )


def _shown(call: Call, plan: ClosingPlan, *, html: bool) -> dict[str, Any]:
    letters = {letter.application.id: letter for letter in plan.letters}
    told_with = {
        other.id: letter.application.id for letter in plan.letters for other in letter.also
    }
    people = []
    for each in plan.planned:
        candidate = each.application.candidate
        letter = letters.get(each.application.id)
        people.append(
            {
                "application_id": each.application.id,
                "candidate_id": candidate.id,
                "name": full_name(candidate) or "(no name)",
                "job_title": each.application.job.title,
                "part": each.part,
                "reason": each.reason,
                "phone": candidate.phones[0].number if candidate.phones else None,
                "letter": _letter(letter, html=html) if letter else None,
                "told_with": told_with.get(each.application.id),
            }
        )
    return {
        "job_id": plan.job.id,
        "outcome": plan.wish.outcome,
        "letters": len(plan.letters),
        "confirm": len(plan.letters) > MANY,
        "sentence": plan.sentence(call.work.now),
        "goes_from": plan.goes_from,
        "goes_until": plan.goes_until,
        "parts": {part.value: number for part, number in plan.counts.items()},
        "people": people,
    }


def _letter(letter: PlannedLetter, *, html: bool) -> dict[str, Any]:
    return {
        "kind": letter.kind,
        "to_address": letter.to_address,
        "subject": letter.rendered.subject,
        "text": letter.rendered.text,
        "html": letter.rendered.html if html else None,
        "goes_at": letter.goes_at,
        "waits": letter.waits,
    }


def _progress(call: Call, closing: JobClosing) -> dict[str, Any]:
    call.session.flush()
    progress = closings.closing_progress(call.session, closing)
    row = {name: getattr(closing, name) for name in ClosingSchema().fields}
    return {
        **row,
        "parts": progress.parts,
        "letters_written": progress.written,
        "letters": progress.letters,
        "goes_from": progress.goes_from,
        "goes_until": progress.goes_until,
        "calls_open": progress.calls_open,
    }


def _person(row: closings.ClosingPerson) -> dict[str, Any]:
    entry, message, promise = row.entry, row.message, row.promise
    waits = message is not None and MailState(message.state) in closings.WAITING
    return {
        "id": entry.id,
        "application_id": entry.application_id,
        "candidate_id": row.candidate_id,
        "name": row.name,
        "job_title": row.job_title,
        "stage": row.stage,
        "stage_before": entry.stage_before,
        "part": entry.part,
        "reason": entry.reason,
        "phone": row.phone,
        "message_id": entry.message_id,
        "message_state": message.state if message else None,
        "message_reason": message.reason if message else None,
        "goes_at": message.due_at if message and waits else None,
        "decision_id": entry.decision_id,
        "promise_id": entry.promise_id,
        "promise_state": promise.state if promise else None,
        "due_at": promise.due_at if promise else None,
    }
