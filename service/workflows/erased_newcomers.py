"""Tells whether a newcomer was erased here, and whether they applied again after that.

Only whom a rule erased can come back by a sheet, by a day of applying after the erasure; whoever
was erased on request is added by hand or not at all: a sheet may be older than the erasure.
"""

from __future__ import annotations

from service.domain.newcomers import Newcomer
from service.domain.wording import to_say
from service.workflows.newcomer_lookups import Around, KnownPerson

ON_REQUEST = to_say("this person's data was erased, so nobody is made: take the line out")
BY_RULE = to_say(
    "this person's data was erased by rule, and it does not say that they applied after that: "
    "write when they applied, or take the line out"
)


def why_erased(
    newcomer: Newcomer, person: KnownPerson | None, around: Around, *, sheet: bool
) -> str | None:
    """Return why nothing is made of somebody, in words. Without a ``sheet`` a colleague says so.

    ``person`` is who they are here, who may be there again beside the empty record.
    """
    if person is not None and person.erased and person.emptied_at is None:
        return ON_REQUEST
    asked = around.erased.difference(around.emptied).intersection(newcomer.keys)
    if person is None and sheet and asked:
        return ON_REQUEST
    told = sheet or (person is not None and person.erased)
    return BY_RULE if told and not has_come_again(newcomer, around) else None


def has_come_again(newcomer: Newcomer, around: Around) -> bool:
    """Tell whether they applied after every erasure by rule of whom they may be, if any was."""
    known_as = (newcomer.candidate_id or "", *newcomer.keys)
    emptied = [around.emptied[each] for each in known_as if each in around.emptied]
    at = newcomer.applied_at
    return not emptied or (at is not None and at > max(emptied))
