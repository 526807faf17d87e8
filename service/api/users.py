"""``/users``: the employer's own people."""

from __future__ import annotations

from typing import Any

from service.api.lookups import check_references, found
from service.api.operation import Answer, Call, Resource, paged
from service.api.schemas.base import PageQuery, page_of
from service.api.schemas.user import UserNewSchema, UserSchema
from service.models import User
from service.queries import records
from service.workflows.users import add_user

resource = Resource("users", "Colleagues: who owes a promise, who decides, who hears of a breach.")


@resource.operation("GET", "/users", scope="read", query=PageQuery, returns=page_of(UserSchema))
def list_users(call: Call, args: dict[str, Any]) -> Any:
    """List colleagues.

    Recruiters, hiring managers, administrators and viewers, also those an ATS named.
    """
    return paged(
        "users",
        args,
        lambda after, limit: records.users(call.session, after=after, limit=limit),
    )


@resource.operation(
    "POST", "/users", scope="admin", body=UserNewSchema, status=201, returns=UserSchema
)
def create_user(call: Call, body: dict[str, Any]) -> Answer:
    """Add a colleague.

    One address is one colleague, in whatever case it is written.
    """
    check_references(call, body, manager_id=User)
    user = add_user(call.work, body)
    return Answer(user, location=f"/users/{user.id}")


@resource.operation("GET", "/users/<user_id>", scope="read", returns=UserSchema)
def get_user(call: Call, user_id: str) -> Answer:
    """Show a colleague.

    Who they are, and who hears of it when a promise of theirs stays broken.
    """
    return Answer(found(call, User, user_id, "user"))
