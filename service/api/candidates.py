"""``/candidates``: people, as they are known here."""

from __future__ import annotations

from typing import Any

from service.api.lookups import check_references, found
from service.api.operation import Answer, Call, Resource, paged
from service.api.schemas.base import page_of
from service.api.schemas.candidate import (
    CandidateChangeSchema,
    CandidateMergeSchema,
    CandidateNewSchema,
    CandidateQuery,
    CandidateSchema,
)
from service.models import Candidate
from service.queries import records
from service.workflows.candidates import add_candidate, check_present, edit_candidate
from service.workflows.erase import ON_REQUEST, erase_candidate
from service.workflows.merging import merge_people, take_hold_of_both
from service.workflows.people import lock_person

resource = Resource("candidates", "People, with their addresses and numbers.")


@resource.operation(
    "GET", "/candidates", scope="read", query=CandidateQuery, returns=page_of(CandidateSchema)
)
def list_candidates(call: Call, args: dict[str, Any]) -> Any:
    """List people.

    The newest come first. `email` finds who has an address.
    """
    return paged(
        "candidates",
        args,
        lambda after, limit: records.candidates(
            call.session, after=after, limit=limit, email=args.get("email")
        ),
    )


@resource.operation(
    "POST",
    "/candidates",
    scope="write",
    body=CandidateNewSchema,
    status=201,
    returns=CandidateSchema,
)
def create_candidate(call: Call, body: dict[str, Any]) -> Answer:
    """Add a person.

    Whoever an ATS speaks of comes by itself; this is for people known only here.
    """
    candidate = add_candidate(call.work, body)
    return Answer(candidate, candidate.version, f"/candidates/{candidate.id}")


@resource.operation("GET", "/candidates/<candidate_id>", scope="read", returns=CandidateSchema)
def get_candidate(call: Call, candidate_id: str) -> Answer:
    """Show a person.

    With every address and whether mail to it works. After an erasure only the empty record is left.
    """
    candidate = found(call, Candidate, candidate_id, "candidate")
    return Answer(candidate, candidate.version)


@resource.operation(
    "PATCH",
    "/candidates/<candidate_id>",
    scope="write",
    body=CandidateChangeSchema,
    returns=CandidateSchema,
    if_match="required",
)
def change_candidate(call: Call, body: dict[str, Any], candidate_id: str) -> Answer:
    """Change a person.

    Fields that are left out stay. An erased person cannot be changed.
    """
    candidate = found(call, Candidate, candidate_id, "candidate", lock=True)
    call.check(candidate.version)
    edit_candidate(call.work, candidate, body)
    return Answer(candidate, candidate.version)


@resource.operation(
    "DELETE",
    "/candidates/<candidate_id>",
    scope="write",
    returns=CandidateSchema,
    if_match="required",
)
def erase(call: Call, candidate_id: str) -> Answer:
    """Erase a person.

    What is personal goes for good, everything scheduled stops, and an empty record stays, so
    that a late event from an ATS cannot bring the person back. A record that was merged into
    another is refused, with the id of the one that stays: the person is erased there, whole.
    Whoever is on legal hold is refused until a colleague lifts it.
    """
    candidate = found(call, Candidate, candidate_id, "candidate", lock=True)
    call.check(candidate.version)
    if candidate.erased_at is None:
        check_present(candidate)
    whole = lock_person(call.work, candidate)
    # Whoever asks for a record that went with another asks for the person; one who is there again,
    # and into whose record the source merged the empty one, is not meant.
    erase_candidate(call.work, whole if whole.erased_at else candidate, ON_REQUEST)
    return Answer(candidate, candidate.version)


@resource.operation(
    "POST",
    "/candidates/<candidate_id>/merge",
    scope="write",
    body=CandidateMergeSchema,
    returns=CandidateSchema,
    if_match="optional",
)
def merge_candidate(call: Call, body: dict[str, Any], candidate_id: str) -> Answer:
    """Merge a person's record into another one of theirs.

    What was promised, told and written to either is one person's then, under the record named by
    `into`, which is the answer. The record merged away leads to it, and so does what an ATS says of
    it later. Nothing is sent, and it cannot be undone.
    """
    gone = found(call, Candidate, candidate_id, "candidate")
    check_references(call, body, into=Candidate)
    stays = call.session.get_one(Candidate, body["into"])
    take_hold_of_both(call.work, gone.id, stays.id)
    call.check(gone.version)
    merge_people(call.work, gone, stays)
    return Answer(stays, stays.version, f"/candidates/{stays.id}")
