"""Configuration from the environment, read once, every fault reported at once."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from service.environment import Environment, is_address
from service.proxies import Network, networks_of

DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")
"""What an address of a database may begin with: those whose drivers come with Keepword."""

BROKERS = ("amqp", "amqps", "redis", "rediss")
"""What an address of a broker may begin with. Celery's others lose messages when killed."""

_IN_MEMORY = re.compile(r":memory:|mode=memory|^sqlite:/{0,3}(\?|$)")
_OTLP = "http/protobuf"

SHORTEST_KEY = 32
"""Characters of the shortest secret key that is taken."""

SHORTEST_PEOPLE_DAYS = 30
"""Days that a rule keeps people at the least: a late bounce, a reply or a claim comes within them.
A figure of our own; what laws ask for is longer."""

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


class ConfigError(ValueError):
    """The environment is not usable; ``faults`` lists each fault with its remedy."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("Keepword cannot start:\n" + "\n".join(f"  - {fault}" for fault in faults))


@dataclass(frozen=True)
class Config:
    """Everything Keepword is told from outside.

    ``pages`` says when the pages open without signing in: ``local`` (to this machine alone, until
    a first administrator can sign in), ``machine`` (to this machine, always) or ``key`` (never).
    ``broker_url`` is where other machines are told to look now; ``mail_a_minute`` is how many
    letters may leave, 0 for as many as the provider takes. ``statement_seconds`` and
    ``lock_seconds`` are the longest that one statement of a page or a loop may take or wait on
    PostgreSQL, 0 for no limit. ``raw_days`` is how long what came in
    is kept as it came, 0 for ever; ``people_days`` how long after the end of all that they applied
    for people are kept before a rule erases them, 0 for ever. ``secret_key_previous`` opens what
    was sealed before the key was changed. ``erasures`` is the list of erasures, where it is not in
    ``home``.
    ``trusted_proxies`` are those whose word counts on who asks (``service.proxies``).
    ``traces_to`` is the collector of traces. ``base_url_given`` tells whether somebody said what
    others know this Keepword by.
    """

    home: Path
    database_url: str
    secret_key: str
    secret_key_previous: str = ""
    base_url: str = "http://127.0.0.1:8000"
    base_url_given: bool = True
    company: str = "our company"
    time_zone: str = "UTC"
    mail: str = "capture"
    mail_from: str = "hiring@keepword.invalid"
    mail_from_name: str = ""
    sendgrid_api_key: str = ""
    sendgrid_base_url: str = "https://api.sendgrid.com"
    sendgrid_event_public_key: str = ""
    pages: str = "local"
    trusted_proxies: tuple[Network, ...] = ()
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = "OpenID"
    ping_url: str = ""
    broker_url: str = ""
    mail_a_minute: int = 0
    statement_seconds: int = 60
    lock_seconds: int = 10
    raw_days: int = 90
    people_days: int = 0
    max_body_bytes: int = 2 * 1024 * 1024
    log_level: str = "INFO"
    log_format: str = "text"
    traces_to: str = ""
    erasures: Path | None = None

    @property
    def erasures_path(self) -> Path:
        """Where the list of erasures is kept: beside the database and never in it."""
        return self.erasures or self.home / "erasures.log"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Config:
        """Read the environment; raise ``ConfigError`` with every fault found."""
        return _Reader(os.environ if environment is None else environment).read()


class _Reader(Environment):
    def read(self) -> Config:
        home = Path(self.text("KEEPWORD_HOME", "./var"))
        mail = self.choice("KEEPWORD_MAIL", ("capture", "sendgrid"), "capture")
        sender = self.text("KEEPWORD_MAIL_FROM", "")
        name, address = parseaddr(sender)
        sendgrid_key = self.secret("SENDGRID_API_KEY")
        event_key = self.secret("SENDGRID_EVENT_PUBLIC_KEY")
        if mail == "sendgrid":
            self._need("SENDGRID_API_KEY", sendgrid_key, "create a key with Mail Send access")
            self._need(
                "KEEPWORD_MAIL_FROM",
                address,
                'name the verified sender, such as "Acme Hiring <hiring@acme.example>"',
            )
            self._need(
                "SENDGRID_EVENT_PUBLIC_KEY",
                event_key,
                "switch on the signed event webhook and copy its verification key: without "
                "events nothing counts as delivered",
            )
        if sender and not (_ADDRESS.fullmatch(address) and sender.isprintable()):
            self.faults.append("KEEPWORD_MAIL_FROM holds no address: write Name <name@domain>")
        config = Config(
            home=home,
            database_url=self._database() or f"sqlite:///{home.absolute()}/keepword.db",
            secret_key=self.secret("SECRET_KEY"),
            secret_key_previous=self.secret("SECRET_KEY_PREVIOUS"),
            base_url_given=bool(self.text("KEEPWORD_BASE_URL", "")),
            base_url=self.url("KEEPWORD_BASE_URL", "http://127.0.0.1:8000"),
            company=self.line("KEEPWORD_COMPANY", name or "our company"),
            time_zone=self.zone("KEEPWORD_TIME_ZONE", "UTC"),
            mail=mail,
            mail_from=address or "hiring@keepword.invalid",
            mail_from_name=name,
            sendgrid_api_key=sendgrid_key,
            sendgrid_base_url=self.url("SENDGRID_BASE_URL", "https://api.sendgrid.com"),
            sendgrid_event_public_key=event_key,
            oidc_issuer=self.text("OIDC_ISSUER", ""),
            oidc_client_id=self.text("OIDC_CLIENT_ID", ""),
            oidc_client_secret=self.secret("OIDC_CLIENT_SECRET"),
            oidc_name=self.line("OIDC_NAME", "OpenID"),
            ping_url=self.optional_url("KEEPWORD_PING_URL"),
            broker_url=self._broker(),
            mail_a_minute=self.count("KEEPWORD_MAIL_PER_MINUTE"),
            statement_seconds=self.count("KEEPWORD_STATEMENT_SECONDS", 60),
            lock_seconds=self.count("KEEPWORD_LOCK_SECONDS", 10),
            raw_days=self.count("KEEPWORD_KEEP_RAW_DAYS", 90),
            people_days=self._people_days(),
            pages=self.choice("KEEPWORD_PAGES", ("local", "machine", "key"), "local"),
            trusted_proxies=self._networks("KEEPWORD_TRUSTED_PROXIES"),
            log_level=self.choice(
                "KEEPWORD_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"
            ),
            log_format=self.choice("KEEPWORD_LOG_FORMAT", ("text", "json"), "text"),
            traces_to=self._collector(),
            erasures=Path(erasures) if (erasures := self.text("KEEPWORD_ERASURES", "")) else None,
        )
        if config.secret_key and len(config.secret_key) < SHORTEST_KEY:
            self.faults.append(
                f"SECRET_KEY is shorter than {SHORTEST_KEY} characters: make a longer one"
            )
        if config.secret_key_previous and len(config.secret_key_previous) < SHORTEST_KEY:
            self.faults.append(
                f"SECRET_KEY_PREVIOUS is shorter than {SHORTEST_KEY} characters, so it never was "
                "the key: copy all of it, or leave it out"
            )
        self._judge_provider(config)
        if self.faults:
            raise ConfigError(self.faults)
        return config

    def _judge_provider(self, config: Config) -> None:
        """Sign-in by an OpenID provider is configured whole or not at all."""
        given = (config.oidc_issuer, config.oidc_client_id, config.oidc_client_secret)
        if any(given) and not all(given):
            self.faults.append(
                "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET go together: set all or none"
            )
        issuer = urlsplit(config.oidc_issuer) if is_address(config.oidc_issuer) else None
        local = issuer is not None and issuer.hostname in ("localhost", "127.0.0.1")
        if config.oidc_issuer and (issuer is None or (issuer.scheme != "https" and not local)):
            self.faults.append("OIDC_ISSUER is no https address: copy it from your provider")

    def _database(self) -> str:
        url = self.secret("DATABASE_URL")
        if url and url.partition(":")[0] not in DATABASES:
            self.faults.append(
                "DATABASE_URL is not understood: write sqlite:////absolute/path.db or "
                "postgresql+psycopg://user:password@host/name"
            )
        if url.partition(":")[0] == "sqlite" and _IN_MEMORY.search(url):
            self.faults.append(
                "DATABASE_URL names a database in memory, and all of it is gone when the command "
                "ends: write sqlite:////absolute/path.db"
            )
        path = url.removeprefix("sqlite:///")
        if path == url or path.startswith(("/", "file:")):
            return url
        # Relative to where Keepword was started, whatever the parts of it make of a relative path.
        return f"sqlite:///{Path(path).absolute()}"

    def _broker(self) -> str:
        # It holds a password, as a rule.
        url = self.secret("KEEPWORD_BROKER_URL")
        if url and url.partition("://")[0] not in BROKERS:
            self.faults.append(
                "KEEPWORD_BROKER_URL is not understood: write amqp://user:password@host/vhost for "
                "RabbitMQ or redis://:password@host/0 for Redis"
            )
        return url

    def _collector(self) -> str:
        """Read where traces go, by OpenTelemetry's own variables; its library reads the rest."""
        off = self.text("OTEL_SDK_DISABLED", "").lower() == "true"
        if off or self.text("OTEL_TRACES_EXPORTER", "otlp").lower() == "none":
            return ""
        where = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
        name = next((name for name in where if self.text(name, "")), "")
        if not name:
            return ""
        how = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
        protocol = next((said for each in how if (said := self.text(each, ""))), _OTLP)
        if protocol != _OTLP:
            self.faults.append(
                f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}: Keepword speaks {_OTLP}, so set "
                "that and name the collector's port for it (4318, as a rule)"
            )
        return self.url(name, "http://127.0.0.1:4318")

    def _people_days(self) -> int:
        days = self.count("KEEPWORD_KEEP_PEOPLE_DAYS")
        if 0 < days < SHORTEST_PEOPLE_DAYS:
            self.faults.append(
                f"KEEPWORD_KEEP_PEOPLE_DAYS is {days}: write {SHORTEST_PEOPLE_DAYS} or more, so "
                "that nobody is erased whom a late word still concerns, or leave it out to erase "
                "nobody by rule"
            )
        return days

    def _networks(self, name: str) -> tuple[Network, ...]:
        try:
            return networks_of(self.text(name, ""))
        except ValueError:
            self.faults.append(
                f"{name} is no list of addresses and networks: write such as 10.0.0.5, "
                "172.18.0.0/16, and never everybody's"
            )
            return ()

    def _need(self, name: str, value: str, remedy: str) -> None:
        if not value:
            self.faults.append(f"{name} is missing though KEEPWORD_MAIL=sendgrid: {remedy}")


def make_home(config: Config) -> None:
    """Make ``KEEPWORD_HOME`` where it is missing, for its owner alone: candidates lie below it."""
    try:
        config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            [f"KEEPWORD_HOME cannot be made ({error.strerror}): name a folder"]
        ) from error


def ensure_secret_key(config: Config) -> str:
    """Return the secret key, making one under ``KEEPWORD_HOME`` (mode 0600) where none is set.

    It signs nothing that outlives a restart. It seals the connections' secrets and digests the
    addresses of the erased: without the file the first must be entered again, and nobody who was
    erased is known again.
    """
    if config.secret_key:
        return config.secret_key
    path = config.home / "secret_key"
    if not path.exists():
        make_home(config)
        _write_secret_key(path)
    key = path.read_text(encoding="utf-8").strip()
    if len(key) < SHORTEST_KEY:
        # Never sealed with: whoever guesses the empty key reads every connection's secret.
        raise ConfigError([f"{path} holds no whole key: restore it, or delete it to make another"])
    return key


def _write_secret_key(path: Path) -> None:
    """Put a key there whole or not at all: two may start at once, and a disk may be full."""
    descriptor, draft = tempfile.mkstemp(prefix="secret_key.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            # Unlike a rename, a link never takes the place of another's key.
            path.hardlink_to(draft)
        except FileExistsError:
            return
        except OSError:
            # A file system without links: the next best.
            Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)
