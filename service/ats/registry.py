"""Which adapters there are, by the name a connection stores.

Every adapter is found here and nowhere else, so one contract suite sees them all.
"""

from __future__ import annotations

from service.ats.ashby import Ashby
from service.ats.base import Adapter
from service.ats.generic import Generic
from service.ats.greenhouse import Greenhouse
from service.ats.kombo import Kombo
from service.ats.lever import Lever
from service.ats.merge import Merge
from service.ats.recruitee import Recruitee
from service.ats.smartrecruiters import SmartRecruiters
from service.ats.teamtailor import Teamtailor
from service.ats.workable import Workable

_ADAPTERS: dict[str, Adapter] = {
    each.name: each
    for each in (
        Greenhouse(),
        Ashby(),
        Lever(),
        Workable(),
        Recruitee(),
        SmartRecruiters(),
        Teamtailor(),
        Merge(),
        Kombo(),
        Generic(),
    )
}


class UnknownAdapterError(LookupError):
    """No adapter has this name."""


def adapter_named(name: str) -> Adapter:
    """The adapter a connection of this name speaks. Raises ``UnknownAdapterError``."""
    try:
        return _ADAPTERS[name]
    except KeyError:
        raise UnknownAdapterError(f"no ATS adapter is called {name!r}") from None


def all_adapters() -> tuple[Adapter, ...]:
    """Every adapter, in the order people are offered them."""
    return tuple(_ADAPTERS.values())
