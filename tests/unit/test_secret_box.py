"""Sealed secrets open under their own key and no other."""

from __future__ import annotations

import pytest

from service.secret_box import SealedSecretError, SecretBox


@pytest.mark.parametrize("secret", ["whsec_abc", "", "ünïcode ✓", "x" * 10_000])
def test_what_was_sealed_opens_again(secret: str) -> None:
    box = SecretBox("one invented key")

    assert box.open(box.seal(secret)) == secret


def test_a_sealed_secret_shows_nothing_and_differs_each_time() -> None:
    box = SecretBox("one invented key")
    first, second = box.seal("whsec_abc"), box.seal("whsec_abc")

    assert first != second
    assert "whsec" not in first


def test_another_key_opens_nothing_and_says_what_to_do() -> None:
    sealed = SecretBox("one invented key").seal("whsec_abc")
    with pytest.raises(SealedSecretError, match="restore the SECRET_KEY") as refused:
        SecretBox("another invented key").open(sealed)

    assert "whsec" not in str(refused.value)


@pytest.mark.parametrize("damage", ["", "nonsense", "gAAAAAB"])
def test_what_was_never_sealed_does_not_open(damage: str) -> None:
    with pytest.raises(SealedSecretError):
        SecretBox("one invented key").open(damage)


def test_one_altered_letter_does_not_open() -> None:
    box = SecretBox("one invented key")
    sealed = box.seal("whsec_abc")
    altered = sealed[:40] + ("A" if sealed[40] != "A" else "B") + sealed[41:]
    with pytest.raises(SealedSecretError):
        box.open(altered)


def test_what_was_sealed_under_the_previous_key_opens_and_is_told_apart() -> None:
    old, both = SecretBox("one invented key"), SecretBox("another one", "one invented key")
    sealed, resealed = old.seal("whsec_abc"), both.seal("whsec_abc")

    assert (both.open(sealed), both.is_newest(sealed)) == ("whsec_abc", False)
    assert both.is_newest(resealed)
    with pytest.raises(SealedSecretError):
        old.open(resealed)


def test_no_previous_key_is_no_key() -> None:
    sealed = SecretBox("").seal("whsec_abc")

    with pytest.raises(SealedSecretError):
        SecretBox("one invented key", "").open(sealed)
