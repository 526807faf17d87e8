"""A letter that our own code stumbles over is set aside; the others go."""

from __future__ import annotations

from collections.abc import Sequence

from service.mail.base import Envelope, Sorted
from service.models import Application, Message
from tests.harness import Employer, RecordingTransport
from tests.integration.watching import message_of, run_dispatch, write_letters


def states(employer: Employer, ids: Sequence[str]) -> list[str]:
    return [message_of(employer, id_).state for id_ in ids]


def test_a_letter_whose_last_look_fails_stops_none_of_its_request(employer: Employer) -> None:
    employer.transport.together = True
    ids = write_letters(employer, 5)
    with employer.work() as work:
        poison = work.session.get_one(Message, ids[3])
        assert poison.application_id is not None
        application = work.session.get_one(Application, poison.application_id)
        application.stage = "a stage of a later release"
    report = run_dispatch(employer)

    assert states(employer, ids) == ["accepted"] * 3 + ["blocked", "accepted"]
    assert (report.accepted, report.blocked) == (4, 1)
    reason = message_of(employer, ids[3]).reason or ""
    assert "ValueError" in reason
    assert "a stage of" not in reason
    assert run_dispatch(employer).claimed == 0


class Stumbling(RecordingTransport):
    """Cannot sort one letter, nor any others together with it."""

    poison = ""

    def sort(self, envelopes: Sequence[Envelope]) -> Sorted:
        if any(letter.message_id == self.poison for letter in envelopes):
            raise LookupError("what a person wrote")
        return super().sort(envelopes)


def test_a_letter_that_cannot_be_sorted_is_set_aside_and_the_others_go(employer: Employer) -> None:
    ids = write_letters(employer, 5)
    transport = Stumbling(name="stumbling", together=True)
    transport.poison = ids[2]
    report = run_dispatch(employer, transport)

    assert states(employer, ids) == ["accepted"] * 2 + ["failed"] + ["accepted"] * 2
    assert (report.accepted, report.refused) == (4, 1)
    assert "LookupError" in (message_of(employer, ids[2]).reason or "")
