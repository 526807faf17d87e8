"""Ids say what they name and are as random as they look."""

from __future__ import annotations

import re
from collections import Counter

from service.db import new_id


def test_an_id_is_its_prefix_and_twenty_letters_and_digits() -> None:
    assert re.fullmatch(r"prm_[0-9a-hjkmnp-z]{20}", new_id("prm"))


def test_no_two_ids_are_alike_and_every_letter_is_as_likely() -> None:
    ids = [new_id("x") for _ in range(20_000)]
    counts = Counter("".join(id_[2:] for id_ in ids))

    assert len(set(ids)) == len(ids)
    assert len(counts) == 32
    # 12,500 of each expected; a bias of one in 256 would be far outside eight deviations.
    assert all(abs(count - 12_500) < 900 for count in counts.values())
