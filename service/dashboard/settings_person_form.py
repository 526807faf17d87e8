"""A colleague as a form: what stands in the fields, what is wrong in them, and the roles to choose.

Nothing is checked here: the workflow that keeps a profile says what cannot be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from flask import request
from flask_babel import lazy_gettext

from service.dashboard.settings import line
from service.domain.rights import Role
from service.models import User
from service.workflows.colleagues import Profile

ROLES: Final[dict[str, Any]] = {
    Role.RECRUITER.value: lazy_gettext("recruiter: sees and does what concerns candidates"),
    Role.HIRING_MANAGER.value: lazy_gettext("hiring manager: sees and answers what awaits them"),
    Role.VIEWER.value: lazy_gettext("viewer: looks only"),
    Role.ADMINISTRATOR.value: lazy_gettext("administrator: everything, and these settings"),
}

ROLE_NAMES: Final[dict[str, Any]] = {
    Role.RECRUITER.value: lazy_gettext("recruiter"),
    Role.HIRING_MANAGER.value: lazy_gettext("hiring manager"),
    Role.VIEWER.value: lazy_gettext("viewer"),
    Role.ADMINISTRATOR.value: lazy_gettext("administrator"),
}


@dataclass
class PersonForm:
    """What stands in the fields of one colleague, and what is wrong by field."""

    name: str = ""
    email: str = ""
    role: str = Role.RECRUITER.value
    time_zone: str = ""
    manager_id: str = ""
    team_ids: frozenset[str] = frozenset()
    faults: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, user: User, team_ids: frozenset[str]) -> PersonForm:
        """Return the form that shows a colleague."""
        return cls(
            user.name, user.email, user.role, user.time_zone or "", user.manager_id or "", team_ids
        )

    @classmethod
    def typed(cls) -> PersonForm:
        """Return the form as it was filled in."""
        return cls(
            line("name", 400),
            request.form.get("email", "").strip()[:400],
            line("role"),
            line("time_zone"),
            line("manager_id"),
            frozenset(request.form.getlist("team_ids")),
        )

    def profile(self) -> Profile:
        """Return what was meant."""
        return Profile(self.name, self.role, self.time_zone, self.manager_id or None, self.team_ids)
