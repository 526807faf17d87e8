"""Which adapters there are, by the name a connection stores.

Every adapter is found here and nowhere else, so one contract suite sees them all.
"""

from __future__ import annotations

from service.ats.base import Adapter
from service.ats.generic import Generic
from service.ats.greenhouse import Greenhouse

_ADAPTERS: dict[str, Adapter] = {each.name: each for each in (Greenhouse(), Generic())}


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
