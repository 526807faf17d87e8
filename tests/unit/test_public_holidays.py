"""Public holidays from the package, by region and year."""

from __future__ import annotations

from datetime import date

import pytest

from service.public_holidays import UnknownRegionError, holidays_for


def test_holidays_are_those_of_the_year_by_name() -> None:
    found = holidays_for("DE", "BE")(2026)

    assert found[date(2026, 4, 3)] == "Good Friday"
    assert {2026} == {day.year for day in found}


def test_a_subdivision_has_holidays_of_its_own() -> None:
    assert date(2026, 6, 4) in holidays_for("DE", "BY")(2026)
    assert date(2026, 6, 4) not in holidays_for("DE", "BE")(2026)


def test_a_country_without_subdivision_has_its_common_holidays() -> None:
    assert date(2026, 4, 6) not in holidays_for("GB", "SCT")(2026)
    assert date(2026, 7, 4) in holidays_for("US")(2026)


def test_an_observed_holiday_is_closed_on_the_day_it_is_observed() -> None:
    assert holidays_for("GB", "ENG")(2026)[date(2026, 12, 28)] == "Boxing Day (observed)"


def test_a_year_is_answered_the_same_every_time() -> None:
    source = holidays_for("DE")
    source(2027)

    assert dict(source(2026)) == dict(holidays_for("DE")(2026))


@pytest.mark.parametrize(
    ("country", "subdivision", "field", "says"),
    [
        ("XX", None, "country", "“XX” is no known country. Use its two letters"),
        ("de", None, "country", "such as “DE”"),
        ("", None, "country", "is no known country"),
        ("DE", "ZZ", "subdivision", "“ZZ” is no subdivision of DE. Known are BB, BE"),
        ("VA", "ZZ", "subdivision", "Leave the subdivision out"),
    ],
)
def test_an_unknown_region_is_refused_with_its_remedy(
    country: str, subdivision: str | None, field: str, says: str
) -> None:
    with pytest.raises(UnknownRegionError) as refused:
        holidays_for(country, subdivision)

    assert refused.value.field == field
    assert says in str(refused.value)
