"""Signs people in by the employer's OpenID provider: authorization code with PKCE, nothing else.

What the provider says is believed only where its ID token is signed by a key of its own, meant for
us, fresh, and answers the very question this browser was sent with. Asked over TLS alone, except
on this machine.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import Clock
from service.models import OutsideIdentity, User
from service.models.colleague_at import colleague_at
from service.single_request import PerhapsSentError, ServerClient, SurelyNotSentError, Timeouts

ALGORITHMS = ["RS256", "PS256", "ES256"]
"""Signatures that are taken: by a key pair. Never ``none``, never one shared secret."""

LEEWAY_SECONDS = 60
MOST_BYTES = 256 * 1024
TIMEOUTS = Timeouts(connect=5.0, write=5.0, read=10.0, pool=5.0, overall=15.0)
_LOCAL = ("localhost", "127.0.0.1", "::1")


class OutsideError(Exception):
    """The provider did not say who somebody is; the message says why, without what was sent."""


@dataclass(frozen=True)
class Provider:
    """The provider as configured. ``name`` is what the button says."""

    issuer: str
    client_id: str
    client_secret: str
    name: str


@dataclass(frozen=True)
class Somebody:
    """Whom the provider names. ``email`` is "" unless the provider has verified it."""

    issuer: str
    subject: str
    email: str


class OutsideSignIn:
    """Asks one provider. Safe to share between threads: it keeps nothing."""

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self.provider = provider
        self._clock = clock

    def question(self, redirect_to: str, state: str, nonce: str, verifier: str) -> str:
        """Return the address at which the provider asks somebody who they are."""
        endpoint = self._endpoint(self._metadata(), "authorization_endpoint")
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": redirect_to,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def somebody(self, code: str, redirect_to: str, nonce: str, verifier: str) -> Somebody:
        """Return whom the provider names for this code. Raises ``OutsideError``."""
        metadata = self._metadata()
        token = self._token(metadata, code, redirect_to, verifier)
        keys = self._read("GET", self._endpoint(metadata, "jwks_uri"))
        claims = self._claims(token, keys, nonce)
        verified = claims.get("email_verified") in (True, "true")
        email = claims.get("email")
        return Somebody(
            self.provider.issuer,
            str(claims["sub"]),
            email if verified and isinstance(email, str) else "",
        )

    def _claims(self, token: str, keys: Mapping[str, Any], nonce: str) -> CodeIDToken:
        wanted = {
            "iss": {"essential": True, "value": self.provider.issuer},
            "aud": {"essential": True, "value": self.provider.client_id},
            "sub": {"essential": True},
        }
        try:
            key_set = KeySet.import_key_set(dict(keys))  # type: ignore[arg-type]  # checked by it
            read = jwt.decode(token, key_set, algorithms=ALGORITHMS)
            params = {"nonce": nonce, "client_id": self.provider.client_id}
            claims = CodeIDToken(read.claims, read.header, wanted, params)
            claims.validate(int(self._clock.now().timestamp()), LEEWAY_SECONDS)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise OutsideError("its answer is not signed by it, for us, now") from error
        return claims

    def _token(
        self, metadata: Mapping[str, Any], code: str, redirect_to: str, verifier: str
    ) -> str:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_to,
            "code_verifier": verifier,
            "client_id": self.provider.client_id,
        }
        # RFC 6749 2.3.1: both are form-encoded before they are joined.
        pair = f"{quote(self.provider.client_id, '')}:{quote(self.provider.client_secret, '')}"
        answer = self._read(
            "POST",
            self._endpoint(metadata, "token_endpoint"),
            urlencode(asked).encode(),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
            },
        )
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise OutsideError("it gave no ID token")
        return token

    def _metadata(self) -> dict[str, Any]:
        url = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = self._read("GET", url)
        if found.get("issuer") != self.provider.issuer:
            raise OutsideError("it calls itself otherwise than OIDC_ISSUER does")
        return found

    def _endpoint(self, metadata: Mapping[str, Any], name: str) -> str:
        url = metadata.get(name)
        if not isinstance(url, str) or not is_safe(url):
            raise OutsideError(f"it names no {name} that is reached over TLS")
        return url

    def _read(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        where = urlsplit(url)
        client = ServerClient(
            f"{where.scheme}://{where.netloc}",
            called="the sign-in provider",
            clock=self._clock,
            max_answer_bytes=MOST_BYTES,
            timeouts=TIMEOUTS,
            connections=1,
        )
        path = (where.path or "/") + (f"?{where.query}" if where.query else "")
        try:
            sent = {"Accept": "application/json", **(headers or {})}
            answer = client.request(method, path, body, sent)
            found = json.loads(answer.body) if answer.status == 200 and answer.whole else None
        except (SurelyNotSentError, PerhapsSentError, ValueError) as error:
            raise OutsideError("it could not be asked") from error
        finally:
            client.close()
        if not isinstance(found, dict):
            raise OutsideError(f"it answered {answer.status}")
        return found


def is_safe(url: str) -> bool:
    """Tell whether an address is reached over TLS, or on this machine."""
    try:
        where = urlsplit(url)
    except ValueError:
        return False
    return bool(where.hostname) and (
        where.scheme == "https" or (where.scheme == "http" and where.hostname in _LOCAL)
    )


def person_named(session: Session, now: datetime, somebody: Somebody) -> User | None:
    """Return the active colleague whom the provider names; the first time by verified address.

    Nobody is made: who works here is for the administrators to say. Nor does an address count
    whose colleague the provider has named otherwise before: addresses are given to others in time
    (OpenID Connect Core 5.7). Letting go of a colleague and taking them back forgets that name.
    """
    known = session.get(OutsideIdentity, (somebody.issuer, somebody.subject))
    if known is not None:
        user = session.get(User, known.user_id)
        return user if user is not None and user.active else None
    if not somebody.email:
        return None
    user = colleague_at(session, somebody.email)
    if user is None or not user.active:
        return None
    named = select(OutsideIdentity.subject).where(
        OutsideIdentity.issuer == somebody.issuer, OutsideIdentity.user_id == user.id
    )
    if session.scalars(named).first() is not None:
        return None
    session.add(
        OutsideIdentity(
            issuer=somebody.issuer, subject=somebody.subject, user_id=user.id, created_at=now
        )
    )
    session.flush()
    return user
