"""Configuration from the environment, read once, every fault reported at once.

Each secret may come from a file named by ``NAME_FILE`` instead of the variable itself.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class ConfigError(ValueError):
    """The environment is not usable; ``faults`` lists each fault with its remedy."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("Keepword cannot start:\n" + "\n".join(f"  - {fault}" for fault in faults))


@dataclass(frozen=True)
class Config:
    """Everything Keepword is told from outside.

    ``pages`` is ``local`` (the page opens without a key from this machine alone) or ``key``
    (always asks for an API key). Spans ending in ``_in`` are seconds.
    """

    home: Path
    database_url: str
    secret_key: str
    base_url: str = "http://127.0.0.1:8000"
    company: str = "our company"
    time_zone: str = "UTC"
    mail: str = "capture"
    mail_from: str = "hiring@keepword.invalid"
    mail_from_name: str = ""
    sendgrid_api_key: str = ""
    sendgrid_base_url: str = "https://api.sendgrid.com"
    sendgrid_event_public_key: str = ""
    pages: str = "local"
    max_body_bytes: int = 2 * 1024 * 1024
    worker: bool = True
    log_level: str = "INFO"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Config:
        """Read the environment; raise ``ConfigError`` with every fault found."""
        return _Reader(os.environ if environment is None else environment).read()


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._faults: list[str] = []

    def read(self) -> Config:
        home = Path(self._text("KEEPWORD_HOME", "./var"))
        mail = self._choice("KEEPWORD_MAIL", ("capture", "sendgrid"), "capture")
        name, address = parseaddr(self._text("KEEPWORD_MAIL_FROM", ""))
        sendgrid_key = self._secret("SENDGRID_API_KEY")
        event_key = self._secret("SENDGRID_EVENT_PUBLIC_KEY")
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
        if address and "@" not in address:
            self._faults.append("KEEPWORD_MAIL_FROM holds no address: write Name <name@domain>")
        config = Config(
            home=home,
            database_url=self._database() or f"sqlite:///{home.absolute()}/keepword.db",
            secret_key=self._secret("SECRET_KEY"),
            base_url=self._url("KEEPWORD_BASE_URL", "http://127.0.0.1:8000"),
            company=self._text("KEEPWORD_COMPANY", name or "our company"),
            time_zone=self._zone("KEEPWORD_TIME_ZONE", "UTC"),
            mail=mail,
            mail_from=address or "hiring@keepword.invalid",
            mail_from_name=name,
            sendgrid_api_key=sendgrid_key,
            sendgrid_base_url=self._url("SENDGRID_BASE_URL", "https://api.sendgrid.com"),
            sendgrid_event_public_key=event_key,
            pages=self._choice("KEEPWORD_PAGES", ("local", "key"), "local"),
            log_level=self._choice(
                "KEEPWORD_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"
            ),
        )
        if config.secret_key and len(config.secret_key) < 32:
            self._faults.append("SECRET_KEY is shorter than 32 characters: make a longer one")
        if self._faults:
            raise ConfigError(self._faults)
        return config

    def _text(self, name: str, default: str) -> str:
        return self._environment.get(name, "").strip() or default

    def _secret(self, name: str) -> str:
        path = self._environment.get(f"{name}_FILE", "").strip()
        if not path:
            return self._environment.get(name, "").strip()
        if self._environment.get(name, "").strip():
            self._faults.append(f"{name} and {name}_FILE are both set: keep one")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self._faults.append(f"{name}_FILE cannot be read: {reason}")
            return ""

    def _database(self) -> str:
        url = self._secret("DATABASE_URL")
        path = url.removeprefix("sqlite:///")
        if path == url or not path or path.startswith(("/", ":memory:", "file:")):
            return url
        # Relative to where Keepword was started, whatever the parts of it make of a relative path.
        return f"sqlite:///{Path(path).absolute()}"

    def _choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self._text(name, default)
        if value not in allowed:
            self._faults.append(f"{name} is {value!r}: it must be one of {', '.join(allowed)}")
        return value

    def _url(self, name: str, default: str) -> str:
        value = self._text(name, default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            self._faults.append(f"{name} is not an http(s) address, such as {default}")
        return value

    def _zone(self, name: str, default: str) -> str:
        value = self._text(name, default)
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self._faults.append(f"{name} is {value!r}: write a zone such as Europe/Berlin")
        return value

    def _need(self, name: str, value: str, remedy: str) -> None:
        if not value:
            self._faults.append(f"{name} is missing though KEEPWORD_MAIL=sendgrid: {remedy}")


def ensure_secret_key(config: Config) -> str:
    """Return the secret key, making one under ``KEEPWORD_HOME`` (mode 0600) where none is set.

    It signs nothing that outlives a restart but encrypts the connections' secrets, so losing the
    file means entering those again.
    """
    if config.secret_key:
        return config.secret_key
    path = config.home / "secret_key"
    config.home.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="utf-8").strip()
