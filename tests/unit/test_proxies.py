"""Who asks behind a proxy: what trusted proxies wrote, and nothing anybody else did."""

from __future__ import annotations

import ipaddress

import pytest

from service.proxies import MOST_HOPS, address_of, networks_of, who_asks

TRUSTED = networks_of("127.0.0.1, 10.0.0.0/8, fd00::/8")
PEER = ipaddress.ip_address("127.0.0.1")


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("", "127.0.0.1"),
        ("203.0.113.9", "203.0.113.9"),
        # The client wrote the first itself; the proxy added where it came from.
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9,10.1.2.3 , fd00::7", "203.0.113.9"),
        ("203.0.113.9:51234, 10.1.2.3:80", "203.0.113.9"),
        ("[2001:db8::9]:443, [fd00::7]:80", "2001:db8::9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("203.0.113.9, unknown, 10.1.2.3", "10.1.2.3"),
        ("203.0.113.9, ", "127.0.0.1"),
        ("nonsense", "127.0.0.1"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_asks(header: str, client: str) -> None:
    assert str(who_asks(PEER, header, TRUSTED)) == client


def test_a_header_without_end_is_read_from_its_end_alone() -> None:
    header = ",".join(["203.0.113.9", *["10.0.0.1"] * (MOST_HOPS + 5)])
    assert str(who_asks(PEER, header, TRUSTED)) == "10.0.0.1"


@pytest.mark.parametrize("text", ["everybody", "10.0.0.1/8", "0.0.0.0/0", "::/0", "10.0.0.1;"])
def test_a_list_that_is_none_or_trusts_everybody_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        networks_of(text)


def test_what_is_no_address_is_none() -> None:
    assert [address_of(text) for text in ("", "unknown", "_hidden", "1.2.3", "[::1")] == [
        None,
        None,
        None,
        None,
        ipaddress.ip_address("::1"),
    ]
