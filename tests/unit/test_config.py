"""Configuration: every fault at once, secrets from files, nothing mailed by accident."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from service.config import Config, ConfigError, ensure_secret_key, make_home


def _faults(**environment: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        Config.from_environment(environment)
    return refused.value.faults


def test_nothing_set_means_sqlite_at_home_and_no_mail_that_leaves() -> None:
    config = Config.from_environment({})

    assert config.mail == "capture"
    assert config.database_url == f"sqlite:///{Path('var').absolute()}/keepword.db"
    assert (config.pages, config.time_zone) == ("local", "UTC")


def test_every_fault_is_reported_at_once() -> None:
    faults = _faults(
        KEEPWORD_MAIL="pigeon",
        KEEPWORD_BASE_URL="ftp://example.com",
        KEEPWORD_TIME_ZONE="Mars/Olympus",
        KEEPWORD_LOG_LEVEL="loud",
        KEEPWORD_LOG_FORMAT="xml",
        KEEPWORD_PAGES="everyone",
        KEEPWORD_MAIL_FROM="Hiring",
        SECRET_KEY="short",
        SENDGRID_API_KEY_FILE="/nowhere/key",
    )

    named = [fault.split(" ")[0] for fault in faults]
    assert sorted(named) == [
        "KEEPWORD_BASE_URL",
        "KEEPWORD_LOG_FORMAT",
        "KEEPWORD_LOG_LEVEL",
        "KEEPWORD_MAIL",
        "KEEPWORD_MAIL_FROM",
        "KEEPWORD_PAGES",
        "KEEPWORD_TIME_ZONE",
        "SECRET_KEY",
        "SENDGRID_API_KEY_FILE",
    ]


def test_sendgrid_needs_its_key_a_sender_and_the_events_key() -> None:
    faults = _faults(KEEPWORD_MAIL="sendgrid")

    assert [fault.split()[0] for fault in faults] == [
        "SENDGRID_API_KEY",
        "KEEPWORD_MAIL_FROM",
        "SENDGRID_EVENT_PUBLIC_KEY",
    ]


def test_the_sender_is_a_name_and_an_address() -> None:
    config = Config.from_environment({"KEEPWORD_MAIL_FROM": "Acme Hiring <hiring@example.com>"})

    assert (config.mail_from_name, config.mail_from) == ("Acme Hiring", "hiring@example.com")
    assert config.company == "Acme Hiring"


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("SECRET_KEY", "secret_key"),
        ("SENDGRID_API_KEY", "sendgrid_api_key"),
        ("SENDGRID_EVENT_PUBLIC_KEY", "sendgrid_event_public_key"),
        ("DATABASE_URL", "database_url"),
    ],
)
def test_a_secret_may_come_from_a_file(tmp_path: Path, name: str, field: str) -> None:
    path = tmp_path / "secret"
    secret = {
        "DATABASE_URL": "postgresql://keepword:an-invented-secret@db.example.com/keepword"
    }.get(name, "an invented secret long enough for all")
    path.write_text(f"  {secret}\n", encoding="utf-8")
    config = Config.from_environment({f"{name}_FILE": str(path)})

    assert getattr(config, field) == secret


def test_a_secret_given_twice_or_unreadable_is_a_fault_that_does_not_quote_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"\xff\xfe")
    faults = _faults(SECRET_KEY="an invented secret long enough for all", SECRET_KEY_FILE=str(path))

    assert any("both set" in fault for fault in faults)
    assert any("not UTF-8" in fault for fault in faults)
    assert not any("invented" in fault for fault in faults)


def test_a_short_secret_key_is_refused_without_being_shown() -> None:
    (fault,) = _faults(SECRET_KEY="hunter2")

    assert "shorter than 32" in fault
    assert "hunter2" not in fault


def test_the_faults_read_as_one_message() -> None:
    with pytest.raises(ConfigError, match=r"Keepword cannot start:\n  - "):
        Config.from_environment({"SECRET_KEY": "x"})


def test_a_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    config = Config.from_environment({"KEEPWORD_HOME": str(tmp_path / "home")})
    made = ensure_secret_key(config)
    path = tmp_path / "home" / "secret_key"

    assert len(made) >= 32
    assert ensure_secret_key(config) == made == path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_secret_key_that_is_set_is_used_and_no_file_made(tmp_path: Path) -> None:
    key = "an invented secret long enough for all"
    config = Config.from_environment({"KEEPWORD_HOME": str(tmp_path), "SECRET_KEY": key})

    assert ensure_secret_key(config) == key
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://keepword@db.example.com/keepword"),
        ("DATABASE_URL", "postgres://keepword@db.example.com/keepword"),
        ("DATABASE_URL", "keepword.db"),
        ("KEEPWORD_BASE_URL", "http://[::1"),
        ("KEEPWORD_BASE_URL", "http://keep word.example.com"),
        ("KEEPWORD_BASE_URL", "http://keepword.example.com:99999"),
        ("KEEPWORD_BASE_URL", "http://:8000"),
        ("KEEPWORD_PING_URL", "http://"),
        ("KEEPWORD_PING_URL", "https:///ping/4711"),
        ("KEEPWORD_COMPANY", "Acme\nBcc: everybody@example.com"),
        ("KEEPWORD_MAIL_FROM", "Acme Hiring hiring@example.com"),
        ("KEEPWORD_MAIL_FROM", "Acme Hiring <hiring@>"),
        ("KEEPWORD_MAIL_FROM", "one@two@example.com"),
    ],
)
def test_a_setting_that_only_looks_right_is_a_fault_of_its_own_name(name: str, value: str) -> None:
    (fault,) = _faults(**{name: value})

    assert fault.startswith(name)


def test_a_database_url_at_fault_is_not_quoted() -> None:
    (fault,) = _faults(DATABASE_URL="mysql://keepword:hunter2@db.example.com/keepword")

    assert "hunter2" not in fault


@pytest.mark.parametrize("left", ["", "half"])
def test_a_key_file_that_is_not_whole_is_never_sealed_with(tmp_path: Path, left: str) -> None:
    (tmp_path / "secret_key").write_text(left, encoding="utf-8")
    config = Config.from_environment({"KEEPWORD_HOME": str(tmp_path)})

    with pytest.raises(ConfigError, match="holds no whole key"):
        ensure_secret_key(config)


def test_two_that_start_at_once_use_one_key(tmp_path: Path) -> None:
    config = Config.from_environment({"KEEPWORD_HOME": str(tmp_path / "home")})
    gate = Barrier(8)

    def start(_number: int) -> str:
        gate.wait(10)
        return ensure_secret_key(config)

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(start, range(8)))

    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret_key"]


def test_the_home_is_open_to_its_owner_alone(tmp_path: Path) -> None:
    make_home(Config.from_environment({"KEEPWORD_HOME": str(tmp_path / "home")}))

    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_a_home_that_cannot_be_made_names_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    config = Config.from_environment({"KEEPWORD_HOME": str(tmp_path / "file" / "home")})

    with pytest.raises(ConfigError, match="KEEPWORD_HOME"):
        ensure_secret_key(config)


def test_the_previous_key_may_come_from_a_file_and_must_have_been_one(tmp_path: Path) -> None:
    key = tmp_path / "old_key"
    key.write_text("k" * 40 + "\n", encoding="utf-8")

    config = Config.from_environment({"SECRET_KEY_PREVIOUS_FILE": str(key)})

    assert config.secret_key_previous == "k" * 40
    assert _faults(SECRET_KEY_PREVIOUS="short")[0].startswith("SECRET_KEY_PREVIOUS")


def test_it_is_known_whether_anybody_said_what_others_know_this_server_by() -> None:
    said = Config.from_environment({"KEEPWORD_BASE_URL": "https://keepword.example.com"})

    assert said.base_url_given
    assert not Config.from_environment({}).base_url_given


def test_an_openid_provider_is_configured_whole_and_over_tls() -> None:
    half = _faults(OIDC_ISSUER="https://id.example.com")
    plain = _faults(
        OIDC_ISSUER="http://id.example.com", OIDC_CLIENT_ID="keepword", OIDC_CLIENT_SECRET="s"
    )
    whole = Config.from_environment(
        {
            "OIDC_ISSUER": "https://id.example.com",
            "OIDC_CLIENT_ID": "keepword",
            "OIDC_CLIENT_SECRET": "s",
            "OIDC_NAME": "Example Works",
        }
    )

    assert [fault.split(",")[0] for fault in half] == ["OIDC_ISSUER"]
    assert [fault.split()[0] for fault in plain] == ["OIDC_ISSUER"]
    assert (whole.oidc_issuer, whole.oidc_name) == ("https://id.example.com", "Example Works")


def test_trusted_proxies_are_addresses_and_networks_and_none_unless_said() -> None:
    said = Config.from_environment({"KEEPWORD_TRUSTED_PROXIES": "127.0.0.1, 172.18.0.0/16"})

    assert [str(each) for each in said.trusted_proxies] == ["127.0.0.1/32", "172.18.0.0/16"]
    assert Config.from_environment({}).trusted_proxies == ()
    (fault,) = _faults(KEEPWORD_TRUSTED_PROXIES="0.0.0.0/0")
    assert "never everybody's" in fault


def test_a_broker_is_one_that_loses_nothing_and_a_rate_is_a_number(tmp_path: Path) -> None:
    secret = tmp_path / "broker"
    secret.write_text("amqps://keepword:invented@broker.example.com//\n")
    said = Config.from_environment(
        {"KEEPWORD_BROKER_URL_FILE": str(secret), "KEEPWORD_MAIL_PER_MINUTE": "600"}
    )

    assert said.broker_url == "amqps://keepword:invented@broker.example.com//"
    assert said.mail_a_minute == 600
    assert Config.from_environment({}).mail_a_minute == 0
    faults = _faults(
        KEEPWORD_BROKER_URL="filesystem://user:secret@here", KEEPWORD_MAIL_PER_MINUTE="ten"
    )
    assert [fault.split()[0] for fault in faults] == [
        "KEEPWORD_BROKER_URL",
        "KEEPWORD_MAIL_PER_MINUTE",
    ]
    assert "secret" not in str(faults)


def test_traces_go_where_opentelemetrys_own_variables_say_and_only_by_http() -> None:
    named = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example.com:4318"}
    of_traces = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://traces.example.com/v1/traces"}
    off: list[dict[str, str]] = [
        {},
        named | {"OTEL_SDK_DISABLED": "true"},
        named | {"OTEL_TRACES_EXPORTER": "none"},
    ]

    assert [Config.from_environment(each).traces_to for each in off] == [""] * 3
    assert Config.from_environment(named).traces_to == "http://collector.example.com:4318"
    both = Config.from_environment(named | of_traces)
    assert both.traces_to == "https://traces.example.com/v1/traces"
    with pytest.raises(ConfigError) as raised:
        Config.from_environment(
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
        )
    assert [fault.split()[0] for fault in raised.value.faults] == [
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ]
    assert "http/protobuf" in raised.value.faults[0]
