"""A name that came as one text is split only where that gives nobody a word that is not theirs."""

from __future__ import annotations

import pytest

from service.ats.person_names import split_name


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Ada Byron", ("Ada", "Byron")),
        ("  Ada   King Byron ", ("Ada", "King Byron")),
        ("Byron, Ada", ("Ada", "Byron")),
        ("Byron, Ada Augusta", ("Ada Augusta", "Byron")),
        ("Ada", ("Ada", None)),
        ("Byron,", ("Byron", None)),
        (", Ada", ("Ada", None)),
        ("Byron, Ada, London", ("Byron, Ada, London", None)),
        (None, (None, None)),
        ("", (None, None)),
        (" , ", (None, None)),
        ("😀", ("😀", None)),
        ("مريم العلي", ("مريم", "العلي")),
    ],
)
def test_a_name_is_split_after_its_first_word_or_at_its_comma(name, split) -> None:
    assert split_name(name) == split


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("John Smith, Jr.", ("John", "Smith Jr.")),
        ("Ada Byron, Ph.D.", ("Ada", "Byron Ph.D.")),
        ("Byron, Ada, PhD, MBA", ("Ada", "Byron PhD MBA")),
        ("Dr. Ada Byron", ("Ada", "Byron")),
        ("Prof. Dr. Ada Byron", ("Ada", "Byron")),
        ("Frau Byron", ("Frau Byron", None)),
        ("Dr.", ("Dr.", None)),
    ],
)
def test_nobody_is_greeted_by_a_title_or_a_degree(name, split) -> None:
    assert split_name(name) == split


@pytest.mark.parametrize("name", ["山田 太郎", "김 민준", "やまだ たろう"])
def test_a_name_whose_family_may_come_first_stays_one_name(name) -> None:
    assert split_name(name) == (name, None)
