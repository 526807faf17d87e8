"""Adds colleagues. One address is one colleague."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from service.domain.promises import PromiseError
from service.mail.addresses import checked_address
from service.models import User
from service.workflows.work import Work


def add_user(work: Work, facts: Mapping[str, Any]) -> User:
    """Add a colleague; ``facts`` holds ``email``, ``name``, ``role`` and what else is known.

    Raises ``BadAddressError``, and ``PromiseError`` where the address is a colleague's already.
    """
    address = checked_address(facts["email"])
    known = work.session.scalars(
        select(User.id).where(func.lower(User.email) == address.lower())
    ).first()
    if known is not None:
        raise PromiseError("name-taken", f"a colleague has this address already: {known}", "/email")
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
