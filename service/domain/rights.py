"""What each role may see and do: one table, and how far into the company's people it reaches.

Whoever asks for something outside their reach is told that there is no such thing; whoever sees a
thing and may not act on it is told so. Nothing else decides about either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What somebody is to the employer's hiring."""

    ADMINISTRATOR = "administrator"
    RECRUITER = "recruiter"
    HIRING_MANAGER = "hiring_manager"
    VIEWER = "viewer"


class Right(StrEnum):
    """One thing that somebody may do."""

    SEE = "see"
    """Look at candidates, promises and timelines, within one's reach."""
    ANSWER = "answer"
    """Give the decision or the answer that awaits oneself."""
    ACT = "act"
    """Log calls, promise, write, move a date, release, assign, add people, decide, close a job."""
    SEE_MAIL = "see-mail"
    """Look at the outbox and read letters to candidates."""
    MAIL = "mail"
    """Settle, release and cancel letters; pause and resume all mail."""
    SEE_FEEDS = "see-feeds"
    """Look at connections and what they delivered."""
    FEEDS = "feeds"
    """Replay deliveries and map stages."""
    SEE_NUMBERS = "see-numbers"
    """Look at the figures and take them as CSV."""
    SEE_SETTINGS = "see-settings"
    """Look at calendars, policies, wordings and colleagues."""
    SETTINGS = "settings"
    """Change calendars, policies, wordings, connections, holds."""
    PEOPLE = "people"
    """Invite, change and deactivate colleagues, make teams, see and revoke keys."""


class Extent(StrEnum):
    """How far somebody's looking and acting reaches."""

    ALL = "all"
    TEAMS = "teams"
    """Jobs that belong to no team, and those of one's own teams."""
    AWAITING = "awaiting"
    """Applications that wait for oneself, and only as long as they do."""


@dataclass(frozen=True)
class Reach:
    """Whose matters somebody knows of. ``user_id`` and ``team_ids`` count where the extent says."""

    extent: Extent
    user_id: str | None = None
    team_ids: frozenset[str] = frozenset()


EVERYWHERE: Final = Reach(Extent.ALL)

_LOOKS: Final = frozenset(
    {Right.SEE, Right.SEE_MAIL, Right.SEE_FEEDS, Right.SEE_NUMBERS, Right.SEE_SETTINGS}
)

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: frozenset(Right),
        Role.RECRUITER: _LOOKS | {Right.ANSWER, Right.ACT, Right.MAIL, Right.FEEDS},
        Role.HIRING_MANAGER: frozenset({Right.SEE, Right.ANSWER}),
        Role.VIEWER: _LOOKS,
    }
)
"""The table. A role that is not in it (from an older or a newer version) may nothing."""

_EXTENTS: Final[Mapping[Role, Extent]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: Extent.ALL,
        Role.RECRUITER: Extent.TEAMS,
        Role.HIRING_MANAGER: Extent.AWAITING,
        Role.VIEWER: Extent.TEAMS,
    }
)


def rights_of(role: str) -> frozenset[Right]:
    """Return what a role may; nothing for a role that is not known here."""
    return RIGHTS.get(Role(role), frozenset()) if role in RIGHTS else frozenset()


def reach_of(role: str, user_id: str, team_ids: frozenset[str]) -> Reach:
    """Return how far this person's looking reaches; the least for a role that is not known."""
    extent = _EXTENTS[Role(role)] if role in RIGHTS else Extent.AWAITING
    return Reach(extent, user_id, team_ids)


def rights_of_key(scopes: frozenset[str]) -> frozenset[Right]:
    """Return what a page opened with an API key may: looks with ``read``, acts with ``write``."""
    if "admin" in scopes:
        return RIGHTS[Role.ADMINISTRATOR]
    if "write" in scopes:
        return RIGHTS[Role.RECRUITER]
    return RIGHTS[Role.VIEWER] if "read" in scopes else frozenset()


def within(reach: Reach, *, team_id: str | None, waiting_on_id: str | None, closed: bool) -> bool:
    """Tell whether an application is within somebody's reach.

    ``team_id`` is the team of its job (``None`` where everybody sees it), ``waiting_on_id`` the
    person whose decision is awaited. Once it is ``closed`` it waits for nobody.
    """
    if reach.extent is Extent.ALL:
        return True
    if reach.extent is Extent.TEAMS:
        return team_id is None or team_id in reach.team_ids
    return not closed and waiting_on_id is not None and waiting_on_id == reach.user_id
