"""Dates are read as they are meant, or not at all."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sheets.dates import DateError, Order, instant

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "order", "at"),
    [
        ("2026-03-02", None, datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ("2026/3/2", None, datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ("2026-03-02 14:30", None, datetime(2026, 3, 2, 13, 30, tzinfo=UTC)),
        ("2026-03-02T14:30:05.123Z", None, datetime(2026, 3, 2, 14, 30, 5, tzinfo=UTC)),
        ("2026-03-02T14:30:05-05:00", None, datetime(2026, 3, 2, 19, 30, 5, tzinfo=UTC)),
        ("2026-03-02 14:30:05 UTC", None, datetime(2026, 3, 2, 14, 30, 5, tzinfo=UTC)),
        ("2 Mar 2026", None, datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ("March 2nd, 2026", None, datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ("Sept 3, 2025 9:05 PM", None, datetime(2025, 9, 3, 19, 5, tzinfo=UTC)),
        ("03/04/2026", Order.DMY, datetime(2026, 4, 2, 22, tzinfo=UTC)),
        ("03/04/2026", Order.MDY, datetime(2026, 3, 3, 23, tzinfo=UTC)),
        ("3.4.2026 08:00", Order.DMY, datetime(2026, 4, 3, 6, tzinfo=UTC)),
        ("3/4/2026 12:15 AM", Order.MDY, datetime(2026, 3, 3, 23, 15, tzinfo=UTC)),
    ],
)
def test_a_date_is_an_instant_in_its_zone(text: str, order: Order | None, at: datetime) -> None:
    assert instant(text, BERLIN, order) == at


@pytest.mark.parametrize(
    ("text", "order", "said"),
    [
        ("03/04/2026", None, "--dates dmy"),
        ("25/12/2026", None, "--dates dmy"),
        ("25/12/2026", Order.MDY, "no such date"),
        ("2026-02-30", None, "no such date"),
        ("02.03.26", Order.DMY, "no date"),
        ("1026-03-02", None, "between 2000 and"),
        ("2 Mars 2026", None, "no month"),
        ("2026-03-02 25:00", None, "no such date"),
        ("13:00 PM", None, "no date"),
        ("2026-03-02 13:00 PM", None, "no such date"),
        ("soon", None, "no date"),
        ("45000", None, "no date"),
    ],
)
def test_what_is_not_certain_is_refused_with_the_remedy(
    text: str, order: Order | None, said: str
) -> None:
    with pytest.raises(DateError, match=said):
        instant(text, BERLIN, order)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(Order))
def test_a_date_in_the_order_that_was_said_is_that_date(day: date, order: Order) -> None:
    text = f"{day:%d/%m/%Y}" if order is Order.DMY else f"{day:%m/%d/%Y}"

    assert instant(text, ZoneInfo("UTC"), order).date() == day


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_a_clear_refusal(text: str) -> None:
    with suppress(DateError):
        assert instant(text, BERLIN, None).tzinfo is UTC
