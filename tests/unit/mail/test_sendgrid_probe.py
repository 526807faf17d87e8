from __future__ import annotations

import pytest

from service.clock import FakeClock
from service.mail.base import Accepted, ChannelDown, RetryLater, Uncertain
from service.mail.sendgrid import SendGridTransport
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.sendgrid_behaviours import Behaviour, answer, rate_limited, reset, silent
from tests.unit.mail.sending import KEY, free_port


def test_a_probe_is_judged_and_sends_nothing(
    double: SendGridDouble, transport: SendGridTransport
) -> None:
    assert transport.probe() == Accepted(None)
    assert (double.probes, double.requests) == (1, 0)
    assert double.accepted == []
    assert double.violations == []


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (answer(400), Accepted),
        (rate_limited(), RetryLater),
        (answer(401), ChannelDown),
        (answer(403), ChannelDown),
        (answer(404), ChannelDown),
        (answer(302), ChannelDown),
        (answer(500), Uncertain),
        (answer(503), Uncertain),
        (reset(accepted=True), Uncertain),
        (silent(accepted=False), Uncertain),
    ],
)
def test_a_probe_tells_whether_mail_would_be_taken(
    double: SendGridDouble, impatient: SendGridTransport, behaviour: Behaviour, kind: type
) -> None:
    double.otherwise = behaviour

    assert type(impatient.probe()) is kind
    assert double.accepted == []


def test_a_probe_of_nobody_is_not_sent(clock: FakeClock) -> None:
    transport = SendGridTransport(KEY, base_url=f"http://127.0.0.1:{free_port()}", clock=clock)
    probed = transport.probe()
    transport.close()

    assert isinstance(probed, RetryLater)


def test_a_probe_is_from_and_to_the_employer(clock: FakeClock) -> None:
    with SendGridDouble(api_key=KEY) as double:
        double.refuse("talent@example.org", "seen")
        transport = SendGridTransport(
            KEY, base_url=double.base_url, clock=clock, probe_from="talent@example.org"
        )
        probed = transport.probe()
        transport.close()

        # A 400 is a judgement all the same.
        assert probed == Accepted(None)
        assert (double.probes, double.accepted) == (1, [])
    with pytest.raises(ValueError, match="the sender of test requests: the address is not"):
        SendGridTransport(KEY, clock=clock, probe_from="nobody")
