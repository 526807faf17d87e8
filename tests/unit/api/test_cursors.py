"""Cursors: what is written is read back, and nothing else is."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.pagination import read_cursor, write_cursor
from service.api.problems import ProblemError

_KEYS = st.tuples(
    st.datetimes(timezones=st.just(UTC)) | st.text(),
    st.text() | st.integers(),
)


@given(key=_KEYS, name=st.text(max_size=20))
def test_a_cursor_gives_back_the_very_key(key: tuple[object, ...], name: str) -> None:
    assert key == read_cursor(name, write_cursor(name, key))


@given(text=st.text(max_size=60))
def test_a_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(ProblemError) as caught:
        read_cursor("jobs", text)

    assert (caught.value.status, caught.value.slug) == (422, "cursor-not-valid")


def test_the_end_has_no_cursor() -> None:
    assert write_cursor("jobs", None) is None
    assert read_cursor("jobs", None) is None
