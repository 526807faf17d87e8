"""``/overdue``: who was promised word and has not had it."""

from __future__ import annotations

from typing import Any

from service.api.operation import Call, Resource, paged
from service.api.schemas.base import page_of
from service.api.schemas.overdue import OverduePersonSchema, OverdueQuery
from service.queries.keyset import Key, Page
from service.queries.overdue import OverduePerson, overdue_people

resource = Resource("overdue", "The people who were promised word and have not had it.")


@resource.operation(
    "GET", "/overdue", scope="read", query=OverdueQuery, returns=page_of(OverduePersonSchema)
)
def list_overdue(call: Call, args: dict[str, Any]) -> Any:
    """List overdue people.

    The longest owed come first, each with what somebody needs to mend it.
    """

    def fetch(after: Key | None, limit: int) -> Page[OverduePerson]:
        people = overdue_people(
            call.session,
            call.work.now,
            call.work.calendar,
            owner_id=args.get("owner_id"),
            limit=limit + 1,
            after=(after[0], after[1]) if after else None,
        )
        shown = people[:limit]
        more = len(people) > limit
        return Page(shown, (shown[-1].due_at, shown[-1].promise_id) if more else None)

    return paged("overdue", args, fetch)
