"""Public holidays by country and subdivision, from the ``holidays`` package.

Nothing else knows the package, and it is imported only when a calendar names a country: it takes
a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from difflib import get_close_matches

HolidaySource = Callable[[int], Mapping[date, str]]
"""Year -> the public holidays of that year by date, each with its name."""


class UnknownRegionError(ValueError):
    """A country or subdivision whose holidays nobody knows.

    ``field`` is ``"country"`` or ``"subdivision"``, whichever is at fault; the message names the
    remedy.
    """

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def holidays_for(country: str, subdivision: str | None = None) -> HolidaySource:
    """Return the public holidays of a region, year by year, named in English where possible.

    ``country`` is an ISO 3166-1 alpha-2 code, ``subdivision`` the part of ISO 3166-2 after the
    hyphen (``BY`` of ``DE-BY``), as the package spells them. Observed days are among them.

    Raises:
        UnknownRegionError: naming what is unknown and what is known.
    """
    import holidays

    known = holidays.list_supported_countries(include_aliases=True)
    if country not in known:
        raise UnknownRegionError("country", _unknown_country(country, list(known)))
    if subdivision is not None and subdivision not in known[country]:
        raise UnknownRegionError(
            "subdivision", _unknown_subdivision(country, subdivision, list(known[country]))
        )

    def in_year(year: int) -> Mapping[date, str]:
        found = holidays.country_holidays(
            country, subdiv=subdivision, years=year, expand=False, language="en_US"
        )
        return {day: str(name) for day, name in found.items() if day.year == year}

    return in_year


def _unknown_country(country: str, known: list[str]) -> str:
    near = (
        [country.upper()] if country.upper() in known else get_close_matches(country[:40], known, 1)
    )
    meant = near[0] if near else "DE"
    return f"“{country[:40]}” is no known country. Use its two letters, such as “{meant}”."


def _unknown_subdivision(country: str, subdivision: str, known: list[str]) -> str:
    if not known:
        return f"“{country}” has no subdivisions. Leave the subdivision out."
    listed = ", ".join(known[:60])
    return f"“{subdivision[:40]}” is no subdivision of {country}. Known are {listed}."
