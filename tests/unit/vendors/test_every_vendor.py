"""What every adapter's API must keep to, so that its questions can be asked at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.ats.asking import Ask, LogEntry
from service.ats.base import Adapter
from service.ats.registry import all_adapters
from service.vendors.addresses import safe_base, target_of
from service.workflows.fetch import LONGEST_ASK

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HERE = "http://127.0.0.1:9"

reached = pytest.mark.parametrize(
    "adapter", [each for each in all_adapters() if each.api], ids=lambda each: each.name
)


def _settings(adapter: Adapter, **more: str) -> dict[str, str]:
    assert adapter.api is not None
    fields = [*adapter.api.fields, *(adapter.write_back.fields if adapter.write_back else ())]
    return {**{field.name: "invented1" for field in fields}, **more}


@reached
def test_credentials_go_by_https_and_to_the_double_where_a_test_says_so(adapter: Adapter) -> None:
    api = adapter.api
    assert api is not None
    assert safe_base(api.base_url(_settings(adapter))).startswith("https://")
    assert safe_base(api.base_url(_settings(adapter, api_url=HERE))).startswith(HERE)
    for settings in (_settings(adapter), _settings(adapter, api_url=HERE)):
        token = api.token_request(settings)
        if token is not None:
            assert safe_base(token.url)


@reached
def test_the_settings_that_are_asked_for_have_names_of_their_own(adapter: Adapter) -> None:
    assert adapter.api is not None
    names = [field.name for field in adapter.api.fields]
    names += [field.name for field in (adapter.write_back.fields if adapter.write_back else ())]
    assert len(set(names)) == len(names)
    assert "api_url" not in names


@reached
def test_every_header_can_be_sent_and_every_secret_is_marked_as_one(adapter: Adapter) -> None:
    api = adapter.api
    assert api is not None
    for name, value in api.headers(_settings(adapter), "a-token").items():
        assert name.isascii()
        assert value.isascii()
        assert value.isprintable()
    assert any(field.secret for field in api.fields)


@reached
def test_the_rate_is_one_that_lets_anything_through(adapter: Adapter) -> None:
    assert adapter.api is not None
    assert adapter.api.rate.requests >= 1
    assert adapter.api.rate.within > timedelta(0)
    assert all(name == name.lower() for name in adapter.api.page_headers)


@reached
def test_its_own_questions_stay_within_the_api(adapter: Adapter) -> None:
    assert adapter.api is not None
    asks: list[Ask] = [adapter.api.proof()]
    if adapter.poller is not None:
        asks += adapter.poller.first(NOW - timedelta(days=7), _settings(adapter))
        assert len(asks) > 1
    if adapter.write_back is not None:
        entry = LogEntry("ent_1", "c-1", "a-1", NOW, "A subject", "A text")
        asks.append(adapter.write_back.request(entry, _settings(adapter)))
    for ask in asks:
        assert target_of(ask).startswith("/")
        assert len(ask.key) <= LONGEST_ASK
    assert len({ask.key for ask in asks}) == len(asks)
