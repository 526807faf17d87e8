"""The places in the navigation: each page adds itself, and is shown to those who may see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from service.dashboard.access import Visitor
from service.dashboard.trust import Trust
from service.domain.rights import Right


@dataclass(frozen=True)
class Destination:
    """One place. ``label`` is a lazy translation; ``order`` puts it among the others.

    ``count`` says how many wait there for a person and what they are ("need a person"), or ``None``
    where none does. ``within`` names further endpoints at which one is still in this place.
    """

    endpoint: str
    label: Any
    order: int
    right: Right
    count: Callable[[Trust], tuple[int, Any] | None] = lambda _: None
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """One place as the page shows it."""

    endpoint: str
    label: Any
    here: bool
    number: int
    meaning: Any


_PLACES: dict[str, Destination] = {}


def add_destination(place: Destination) -> None:
    """Put a place into the navigation; again under the same endpoint replaces it."""
    _PLACES[place.endpoint] = place


def labelled_places(visitor: Visitor) -> Sequence[tuple[str, Any]]:
    """Return the endpoints and names of the places one visitor may see, in their order."""
    places = sorted(_PLACES.values(), key=lambda each: each.order)
    return [(each.endpoint, each.label) for each in places if visitor.may(each.right)]


def places_for(visitor: Visitor, trust: Trust, endpoint: str | None) -> Sequence[Shown]:
    """Return the navigation of one visitor on one page."""
    shown = []
    for place in sorted(_PLACES.values(), key=lambda each: each.order):
        if visitor.may(place.right):
            number, meaning = place.count(trust) or (0, "")
            here = endpoint == place.endpoint or endpoint in place.within
            shown.append(Shown(place.endpoint, place.label, here, number, meaning))
    return shown
