from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from service.clock import FakeClock
from service.mail.base import Accepted, RetryLater, Uncertain
from service.mail.sendgrid import SendGridTransport
from service.mail.single_post import (
    IDLE_LIMIT_SECONDS,
    MAX_ANSWER_BYTES,
    PostClient,
    Timeouts,
)
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_behaviours import Behaviour, drip, hang_up, held, reset, silent
from tests.unit.mail.sending import BATCH, ENVELOPE, IMPATIENT, KEY, free_port


@pytest.mark.parametrize("behaviour", [reset, hang_up, silent, drip])
@pytest.mark.parametrize("accepted", [True, False])
def test_a_lost_answer_leaves_the_mail_uncertain_and_is_not_sent_again(
    double: SendGridDouble,
    impatient: SendGridTransport,
    behaviour: Callable[..., Behaviour],
    accepted: bool,
) -> None:
    double.then(behaviour(accepted=accepted))
    sent = impatient.send((ENVELOPE,), BATCH)

    assert isinstance(sent, Uncertain)
    assert double.requests == 1
    assert len(double.accepted) == int(accepted)


def test_a_connection_lost_while_reused_is_uncertain_and_is_not_sent_again(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    double.then(Behaviour(), reset(accepted=True))

    assert isinstance(transport.send((ENVELOPE,), BATCH), Accepted)
    assert isinstance(transport.send((ENVELOPE,), BATCH), Uncertain)
    assert (double.requests, double.connections) == (2, 1)


def test_the_next_mail_goes_out_after_a_lost_answer(
    double: SendGridDouble, impatient: SendGridTransport
) -> None:
    double.then(drip(accepted=False), silent(accepted=False), reset(accepted=False))
    answers = [type(impatient.send((ENVELOPE,), BATCH)) for _ in range(4)]

    assert answers == [Uncertain, Uncertain, Uncertain, Accepted]


@pytest.mark.parametrize(
    "behaviour",
    [
        drip(accepted=False),
        silent(accepted=False),
        reset(accepted=False),
        hang_up(accepted=False),
        Behaviour(status=503, page=b"x" * (MAX_ANSWER_BYTES + 1), keep=False),
    ],
)
def test_no_number_of_bad_answers_uses_up_the_connections(
    double: SendGridDouble, impatient: SendGridTransport, behaviour: Behaviour
) -> None:
    """A place in the pool that is not given back is missed by every later letter."""
    double.then(*[behaviour] * 6)
    answers = [type(impatient.send((ENVELOPE,), BATCH)) for _ in range(7)]

    assert answers == [Uncertain] * 6 + [Accepted]


@pytest.mark.parametrize("host", ["127.0.0.1", f"{'x' * 64}.example.com"])
def test_no_connection_means_surely_not_sent(clock: FakeClock, host: str) -> None:
    transport = SendGridTransport(KEY, base_url=f"http://{host}:{free_port()}", clock=clock)
    sent = transport.send((ENVELOPE,), BATCH)
    transport.close()

    assert isinstance(sent, RetryLater)
    assert sent.not_before is None


def test_a_failed_tls_handshake_means_surely_not_sent(
    double: SendGridDouble, clock: FakeClock
) -> None:
    url = double.base_url.replace("http:", "https:")
    transport = SendGridTransport(KEY, base_url=url, clock=clock, timeouts=IMPATIENT)
    sent = transport.send((ENVELOPE,), BATCH)
    transport.close()

    assert isinstance(sent, RetryLater)
    assert double.accepted == []


def test_a_full_pool_means_surely_not_sent(double: SendGridDouble, clock: FakeClock) -> None:
    gate = threading.Event()
    double.then(held(gate))
    pool = PostClient(double.base_url, clock=clock, timeouts=Timeouts(pool=0.05), connections=1)
    transport = SendGridTransport(KEY, clock=clock, pool=pool)
    first = threading.Thread(target=transport.send, args=((ENVELOPE,), BATCH))
    first.start()
    while not double.accepted:
        threading.Event().wait(0.005)
    sent = transport.send((ENVELOPE,), BATCH)
    gate.set()
    first.join()
    transport.close()

    assert sent == RetryLater("all connections to the mail provider are in use")
    assert len(double.accepted) == 1


def test_one_connection_carries_many_mails(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    for number in range(5):
        transport.send((replace(ENVELOPE, message_id=f"m{number}"),), BATCH)

    assert (double.requests, double.connections) == (5, 1)


def test_a_connection_that_was_idle_for_long_is_not_trusted(
    double: SendGridDouble, transport: SendGridTransport, clock: FakeClock
) -> None:
    transport.send((ENVELOPE,), BATCH)
    clock.advance(timedelta(seconds=IDLE_LIMIT_SECONDS + 1))
    transport.send((ENVELOPE,), BATCH)

    assert (double.requests, double.connections) == (2, 2)


def test_threads_share_a_transport(double: SendGridDouble, transport: SendGridTransport) -> None:
    mails = [replace(ENVELOPE, message_id=f"m{number}") for number in range(40)]
    threads = [threading.Thread(target=transport.send, args=((mail,), BATCH)) for mail in mails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(mail.custom_args["kw_mid"] for mail in double.accepted) == sorted(
        mail.message_id for mail in mails
    )
    assert double.violations == []


def test_proxies_of_the_environment_are_not_asked(
    double: SendGridDouble, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    transport = SendGridTransport(KEY, base_url=double.base_url, clock=clock)
    sent = transport.send((ENVELOPE,), BATCH)
    transport.close()

    assert isinstance(sent, Accepted)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.sendgrid.com",
        "ftp://example.com",
        "http://",
        "http://u:p@example.com",
        "http://example.com/?a",
    ],
)
def test_a_base_url_that_cannot_work_is_reported_at_the_start(url: str, clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="base URL"):
        SendGridTransport(KEY, base_url=url, clock=clock)


def certificate_for_loopback(folder: Path) -> tuple[Path, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "double")])
    today = dt.datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "public.pem", folder / "private.pem"
    public.write_bytes(certificate.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


@pytest.fixture(name="over_tls")
def _over_tls(tmp_path: Path) -> Iterator[tuple[SendGridDouble, Path]]:
    public, context = certificate_for_loopback(tmp_path)
    with SendGridDouble(api_key=KEY, tls=context) as double:
        yield double, public
    assert double.faults == []


def test_mail_goes_over_one_tls_connection_and_lost_answers_are_told(
    over_tls: tuple[SendGridDouble, Path], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    double, public = over_tls
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    transport = SendGridTransport(KEY, base_url=double.base_url, clock=clock, timeouts=IMPATIENT)
    reused = [type(transport.send((ENVELOPE,), BATCH)) for _ in range(3)]
    connections = double.connections
    double.then(drip(accepted=True), silent(accepted=False), reset(accepted=True))
    lost = [type(transport.send((ENVELOPE,), BATCH)) for _ in range(3)]
    clock.advance(timedelta(seconds=IDLE_LIMIT_SECONDS + 1))
    after = transport.send((ENVELOPE,), BATCH)
    transport.close()

    assert (reused, connections) == ([Accepted] * 3, 1)
    assert lost == [Uncertain] * 3
    assert isinstance(after, Accepted)
    assert len(double.accepted) == 6


def test_a_certificate_nobody_vouches_for_means_surely_not_sent(
    over_tls: tuple[SendGridDouble, Path], clock: FakeClock
) -> None:
    double, _ = over_tls
    transport = SendGridTransport(KEY, base_url=double.base_url, clock=clock, timeouts=IMPATIENT)
    sent = transport.send((ENVELOPE,), BATCH)
    transport.close()

    assert sent == RetryLater("the TLS handshake with the mail provider failed")
    assert double.requests == 0
