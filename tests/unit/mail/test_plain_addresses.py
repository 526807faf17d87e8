"""The quick way for plain addresses answers as the whole check does."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from service.mail.addresses import BadAddressError, checked_address

locals_ = st.text("abcXYZ019._+-", min_size=1, max_size=70)
domains = st.one_of(
    st.sampled_from(
        ["example.com", "EXAMPLE.org", "a.example", "x.invalid", "example", "-a.example", "a..b"]
    ),
    st.text("abc.-9", min_size=1, max_size=12).map(lambda name: f"{name}.example.com"),
    st.integers(1, 60).map(lambda count: ".".join(["label"] * count) + ".example.com"),
)


def whole_check(address: str) -> str | None:
    try:
        return validate_email(address, check_deliverability=False, allow_smtputf8=False).ascii_email
    except EmailNotValidError:
        return None


@settings(max_examples=1000)
@given(locals_, domains)
def test_the_quick_way_refuses_and_accepts_the_same(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    expected = whole_check(address)
    if expected is None:
        with pytest.raises(BadAddressError):
            checked_address(address)
    else:
        assert checked_address(address) == expected
