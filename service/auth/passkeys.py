"""Passkeys: a key in the person's device signs a challenge of ours, once, for our address alone.

The device must verify its user (finger, face or code), so that a passkey is both what somebody has
and what they are or know; no password is asked beside it.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from service.domain.wording import ToldError, to_say, told
from service.models import Passkey, PasskeyChallenge, User

LASTS = timedelta(minutes=5)
"""How long a challenge waits for the person's finger."""

MOST = 20
"""Passkeys of one person."""

LONGEST_NAME = 60


class PasskeyError(ToldError):
    """A passkey that is not taken; the message says no more than that."""


@dataclass(frozen=True)
class Place:
    """The site a passkey is for: its host name, its origin, and how people call it."""

    host: str
    origin: str
    name: str

    @property
    def takes_passkeys(self) -> bool:
        """Tell whether browsers make passkeys for it: for a name, and never for a bare address."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return self.origin.startswith("https:") or self.host == "localhost"
        return False


def place_of(base_url: str, company: str) -> Place:
    """Return the site at this address."""
    found = urlsplit(base_url)
    return Place(found.hostname or "localhost", f"{found.scheme}://{found.netloc}", company)


def registration_options(
    session: Session, now: datetime, place: Place, user: User, bound_to: str
) -> dict[str, Any]:
    """Return what a browser needs to make a passkey for this person."""
    own = passkeys_of(session, user.id)
    if len(own) >= MOST:
        raise PasskeyError(
            told("There are %(number)s passkeys already: remove one first.", number=MOST)
        )
    options = generate_registration_options(
        rp_id=place.host,
        rp_name=f"Keepword, {place.name}",
        user_name=user.email,
        user_display_name=user.name,
        user_id=user.id.encode(),
        challenge=_new_challenge(session, now, bound_to),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id)) for each in own
        ],
    )
    return _document(options_to_json(options))


def register(
    session: Session,
    now: datetime,
    place: Place,
    user: User,
    bound_to: str,
    credential: Mapping[str, Any],
    name: str,
) -> Passkey:
    """Keep the passkey that a browser made. Raises ``PasskeyError``."""
    challenge = _spent_challenge(session, now, bound_to, credential)
    try:
        made = verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyError(to_say("The passkey could not be checked: try again.")) from error
    credential_id = bytes_to_base64url(made.credential_id)
    if _known(session, credential_id) is not None:
        raise PasskeyError(to_say("This passkey is known already."))
    row = Passkey(
        user_id=user.id,
        credential_id=credential_id,
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
        name=name[:LONGEST_NAME],
        created_at=now,
        last_used_at=None,
    )
    session.add(row)
    session.flush()
    return row


def sign_in_options(session: Session, now: datetime, place: Place, bound_to: str) -> dict[str, Any]:
    """Return what a browser needs to sign in with whichever passkey it has for us."""
    options = generate_authentication_options(
        rp_id=place.host,
        challenge=_new_challenge(session, now, bound_to),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _document(options_to_json(options))


def person_with_passkey(
    session: Session, now: datetime, place: Place, bound_to: str, credential: Mapping[str, Any]
) -> User:
    """Return whose passkey signed the challenge. Raises ``PasskeyError``."""
    challenge = _spent_challenge(session, now, bound_to, credential)
    row = _known(session, str(credential.get("id", "")))
    user = session.get(User, row.user_id) if row else None
    if row is None or user is None or not user.active:
        raise PasskeyError(to_say("This passkey opens nothing here."))
    try:
        verified = verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=base64url_to_bytes(row.public_key),
            # A count that went back may be a copied key; the library refuses it.
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyError(to_say("This passkey opens nothing here.")) from error
    row.sign_count, row.last_used_at = verified.new_sign_count, now
    session.flush()
    return user


def passkeys_of(session: Session, user_id: str) -> Sequence[Passkey]:
    """Return somebody's passkeys, the oldest first."""
    query = select(Passkey).where(Passkey.user_id == user_id)
    return session.scalars(query.order_by(Passkey.created_at, Passkey.id)).all()


def remove_passkey(session: Session, user_id: str, passkey_id: str) -> bool:
    """Forget one of somebody's passkeys; tell whether it was there."""
    gone = session.execute(
        delete(Passkey)
        .where(Passkey.id == passkey_id, Passkey.user_id == user_id)
        .returning(Passkey.id)
        .execution_options(synchronize_session=False)
    )
    return gone.one_or_none() is not None


def _known(session: Session, credential_id: str) -> Passkey | None:
    query = select(Passkey).where(Passkey.credential_id == credential_id)
    return session.scalars(query).one_or_none()


def _new_challenge(session: Session, now: datetime, bound_to: str) -> bytes:
    challenge = secrets.token_bytes(32)
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at <= now))
    row = PasskeyChallenge(
        digest=_digest(challenge), bound_to=_digest(bound_to.encode()), expires_at=now + LASTS
    )
    session.add(row)
    session.flush()
    return challenge


def _spent_challenge(
    session: Session, now: datetime, bound_to: str, credential: Mapping[str, Any]
) -> bytes:
    """Return the challenge that was signed and forget it: none is answered twice."""
    try:
        answer = credential["response"]["clientDataJSON"]
        challenge = base64url_to_bytes(json.loads(base64url_to_bytes(answer))["challenge"])
    except (KeyError, TypeError, ValueError) as error:
        raise PasskeyError(to_say("The passkey could not be read: try again.")) from error
    spent = session.execute(
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.digest == _digest(challenge),
            PasskeyChallenge.bound_to == _digest(bound_to.encode()),
            PasskeyChallenge.expires_at > now,
        )
        .returning(PasskeyChallenge.digest)
        .execution_options(synchronize_session=False)
    )
    if spent.one_or_none() is None:
        raise PasskeyError(to_say("That took too long: try again."))
    return challenge


def _document(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    return document


def _digest(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()
