"""An OpenID provider on this machine: it signs whatever a test wants it to say."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, SECRET = "keepword", "an invented client secret"


class OpenIdDouble:
    """Remembers the one question it was asked, and answers as told."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.key = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
        self.signed_with: Any = self.key
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/ask",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
        }
        self.tokens_asked: list[dict[str, str]] = []
        self.challenge = ""

    def says(self, question: str, now: datetime, **claims: Any) -> None:
        """Answer this question (an address somebody was led to) with these claims."""
        asked = {name: values[0] for name, values in parse_qs(question.partition("?")[2]).items()}
        at = int(now.timestamp())
        self.challenge = asked["code_challenge"]
        self.claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "person-1",
            "iat": at,
            "exp": at + 300,
            "nonce": asked["nonce"],
            **claims,
        }

    def token_answer(self, body: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return the token answer, or ``None`` for a client, code or verifier that is wrong."""
        self.tokens_asked.append(body)
        pair = base64.b64encode(f"{CLIENT_ID}:{'an%20invented%20client%20secret'}".encode())
        verifier = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if authorization != f"Basic {pair.decode()}" or challenge != self.challenge:
            return None
        if body.get("code") != "a-code":
            return None
        said = {name: value for name, value in self.claims.items() if value is not None}
        token = (
            ".".join([_packed({"alg": "none"}), _packed(said), ""])
            if self.header["alg"] == "none"
            else jwt.encode(self.header, said, self.signed_with)
        )
        return {"access_token": "a", "token_type": "Bearer", "id_token": token}


@contextmanager
def openid_provider() -> Iterator[OpenIdDouble]:
    """Serve a provider on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    double = OpenIdDouble(f"http://127.0.0.1:{server.server_port}")
    server.double = double  # type: ignore[attr-defined]  # the handler finds it there
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        double: OpenIdDouble = self.server.double  # type: ignore[attr-defined]  # see above
        if self.path == "/.well-known/openid-configuration":
            self._answer(double.metadata)
        elif self.path == "/keys":
            self._answer({"keys": [double.key.as_dict(private=False)]})
        else:
            self._answer(None)

    def do_POST(self) -> None:
        double: OpenIdDouble = self.server.double  # type: ignore[attr-defined]  # see above
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        body = {name: values[0] for name, values in parse_qs(text).items()}
        self._answer(double.token_answer(body, self.headers.get("Authorization", "")))

    def _answer(self, document: dict[str, Any] | None) -> None:
        body = json.dumps(document or {"error": "invalid_grant"}).encode()
        self.send_response(400 if document is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _packed(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")
