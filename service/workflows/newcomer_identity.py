"""Tells whether a newcomer is somebody who is here, and whether they apply once more.

By an id of their source first, then by an address; where the two disagree nobody is made.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.domain.changes import CLOSED_STAGES
from service.domain.newcomers import Newcomer
from service.domain.wording import ToldError, to_say
from service.workflows.erased_newcomers import has_come_again
from service.workflows.newcomer_lookups import Around, KnownBid, KnownPerson


class RefusalError(ToldError):
    """A newcomer cannot be taken in; ``about`` is what of them is at fault, if it is one thing."""

    def __init__(self, said: str, about: str | None) -> None:
        self.about = about
        super().__init__(said)


def who_is(newcomer: Newcomer, around: Around) -> KnownPerson | None:
    """Return who this is, if known: by the id of their source first, then by an address."""
    by_id = around.by_candidate_id.get(newcomer.candidate_id or "")
    if by_id is not None and around.people[by_id].emptied_at and has_come_again(newcomer, around):
        # That record stays empty; whoever applied again is somebody new.
        by_id = None
    by_address = set().union(*(around.by_key.get(key, ()) for key in newcomer.keys))
    if by_id is not None:
        if by_address - {by_id}:
            raise RefusalError(
                to_say(
                    "its id belongs to one person here and its address to another: correct one of "
                    "them"
                ),
                "email",
            )
        refuse_another(newcomer, around.people[by_id], around)
        return around.people[by_id]
    if len(by_address) > 1:
        raise RefusalError(
            to_say("its addresses belong to different people here: leave in those of one of them"),
            "email",
        )
    return around.people[by_address.pop()] if by_address else None


def refuse_another(newcomer: Newcomer, bearer: KnownPerson, around: Around) -> None:
    """Refuse an id that is somebody else's here: each list that is numbered begins with 1."""
    shared = any(bearer.id in around.by_key.get(key, ()) for key in newcomer.keys)
    if not shared and not bearer.may_be(newcomer):
        raise RefusalError(
            to_say(
                "its id is that of somebody here who has another name and address: correct it, or, "
                "where the ids only number the lines of the sheet, leave their column out with "
                "--without and its heading"
            ),
            "application id" if newcomer.candidate_id is None else "candidate id",
        )


def is_another_bid(newcomer: Newcomer, bids: Sequence[KnownBid]) -> bool:
    """Tell whether somebody applied for the same job again: after all that was known of had ended,
    or the source knows both by their ids, and they were not in progress together.
    """
    applied_at = newcomer.applied_at if newcomer.stage not in CLOSED_STAGES else None
    if applied_at is not None and all(bid.ended_at and bid.ended_at < applied_at for bid in bids):
        return True
    if newcomer.application_id is None or any(bid.key is None for bid in bids):
        return False
    return newcomer.stage in CLOSED_STAGES or not any(bid.in_progress for bid in bids)
