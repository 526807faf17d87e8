"""Adds colleagues, the first administrator among them. One address is one colleague."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.db import new_id
from service.domain.promises import PromiseError
from service.domain.wording import told
from service.mail.addresses import checked_address
from service.models import User
from service.models.colleague_at import colleague_at
from service.workflows.work import Work


def add_user(work: Work, facts: Mapping[str, Any]) -> User:
    """Add a colleague; ``facts`` holds ``email``, ``name``, ``role`` and what else is known.

    Raises ``BadAddressError``, and ``PromiseError`` where the address is a colleague's already.
    """
    address = checked_address(facts["email"])
    known = colleague_at(work.session, address)
    if known is not None:
        raise PromiseError(
            "name-taken",
            told("a colleague has this address already: %(id)s", id=known.id),
            "/email",
        )
    user = User(
        email=address,
        name=facts["name"],
        role=facts.get("role", "recruiter"),
        manager_id=facts.get("manager_id"),
        time_zone=facts.get("time_zone"),
        created_at=work.now,
    )
    work.session.add(user)
    work.session.flush()
    return user


def make_administrator(work: Work, email: str, name: str) -> User:
    """Return the colleague at this address as an active administrator, added if unknown.

    ``name`` is for who is added; "" leaves them the address. Raises ``BadAddressError``.
    """
    address = checked_address(email)
    user = colleague_at(work.session, address)
    if user is None:
        return add_user(work, {"email": address, "name": name or address, "role": "administrator"})
    user.role, user.active = "administrator", True
    work.session.flush()
    return user


def nobody_yet(work: Work) -> User:
    """Add somebody to do for nothing what would be done for a colleague: the caller rolls it back.

    So that asking about an address nobody has takes as long as about one that somebody has.
    """
    name = new_id("nobody")
    user = User(email=f"{name}@example.invalid", name=name, role="viewer", created_at=work.now)
    work.session.add(user)
    work.session.flush()
    return user
