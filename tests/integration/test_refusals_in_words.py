"""What is refused, and what Keepword itself says is owed, is said in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from service.models import Application, User
from tests.harness import Employer
from tests.integration.closing_case import Closing
from tests.integration.settings_desk import SQLITE, read
from tests.integration.test_page_actions import about
from tests.integration.test_queue_acts import Desk
from tests.reading_pages import promise_call, words_of
from tests.signing_in import PASSWORD, client_of, person, token_of


@dataclass(frozen=True)
class Reader:
    """Somebody at the pages in their own language."""

    employer: Employer
    client: FlaskClient
    user: User

    def press(self, path: str, **fields: str) -> str:
        """Send a form; return what the page that follows says."""
        form = {"token": token_of(self.client, "/account"), **fields}
        answer = self.client.post(path, data=form)
        if answer.status_code == 303:
            answer = self.client.get(answer.headers["Location"])
        return words_of(answer.get_data(as_text=True))


def _settle(reader: Reader) -> str:
    id_ = about(reader.employer, "delivered")
    return reader.press(f"/outbox/{id_}/settle", outcome="send-again")


def _let_go(reader: Reader) -> str:
    id_ = about(reader.employer, "accepted")
    return reader.press(f"/outbox/{id_}/release", why="read it")


def _leave_nobody_out(reader: Reader) -> str:
    case = Closing(reader.employer)
    return reader.press(
        f"/jobs/{case.job}/close", step="plan", outcome="filled", leave="app_unknown"
    )


def _second_to_nobody(reader: Reader) -> str:
    case = Closing(reader.employer)
    amara = case.applicant("Amara")
    return reader.press(
        f"/jobs/{case.job}/close",
        step="plan",
        outcome="cancelled",
        second=amara,
        until="2026-03-20",
    )


def _short_password(reader: Reader) -> str:
    return reader.press("/account/password", present=PASSWORD, password="short", again="short")


def _nameless_colleague(reader: Reader) -> str:
    return reader.press("/settings/people/new", name="", email="b@example.com", role="viewer")


def _crowded_team(reader: Reader) -> str:
    reader.press("/settings/teams", name="Berlin")
    return reader.press("/settings/teams", name="Berlin")


def _unknown_zone(reader: Reader) -> str:
    return reader.press("/settings/calendars/new", name="Berlin", time_zone="Europe/Berlim")


def _months(reader: Reader) -> str:
    with reader.employer.work() as work:
        calendar = work.calendar_row(None).id
    return read(reader.client, f"/settings/calendars/{calendar}?within=2+months")


def _bounced(reader: Reader) -> tuple[Closing, str]:
    """Let somebody apply whose mail came back; return the application's id."""
    case = Closing(reader.employer)
    id_ = case.applicant("Amara")
    with reader.employer.work() as work:
        email = work.session.get_one(Application, id_).candidate.emails[0]
        email.suppressed_at, email.suppressed_reason = work.now, "mail to this address bounced"
    return case, id_


def _person(reader: Reader) -> str:
    _case, id_ = _bounced(reader)
    with reader.employer.session() as session:
        candidate = session.get_one(Application, id_).candidate_id
    return read(reader.client, f"/people/{candidate}")


def _called_first(reader: Reader) -> str:
    case, id_ = _bounced(reader)
    path = f"/jobs/{case.job}/close"
    form = {"step": "plan", "outcome": "filled", "by_user_id": reader.user.id}
    assert "Amara" in reader.press(path, **form)
    return reader.press(path, **form, mail=id_)


def _stopped(reader: Reader) -> str:
    why = "an interview is still booked: cancel it and speak to the person first"
    id_ = about(reader.employer, "blocked", reason=why)
    return read(reader.client, f"/outbox/{id_}")


def _by_rule(reader: Reader) -> str:
    id_ = Closing(reader.employer).applicant("Amara")
    with reader.employer.session() as session:
        candidate = session.get_one(Application, id_).candidate_id
    return read(reader.client, f"/people/{candidate}")


def _empty_letter(reader: Reader) -> str:
    return reader.press("/settings/letters/holding/draft", subject="Your application", text="")


def _moved_on(reader: Reader) -> str:
    why = "the application was at applied when this was written and is at offer now"
    id_ = about(reader.employer, "blocked", reason=f"{why}: read the letter again")
    return read(reader.client, f"/outbox/{id_}")


def _unanswered(reader: Reader) -> str:
    ids = promise_call(reader.employer, by=reader.user)
    desk = Desk(reader.employer, reader.client, reader.user, *ids)
    return desk.said(desk.press(f"{desk.about}/call", how="phone:no_answer"))


REFUSED: list[tuple[Callable[[Reader], str], str, str]] = [
    (
        _settle,
        "The letter is delivered: there is nothing to settle about it.",
        "Der Brief ist zugestellt: Daran ist nichts zu klären.",
    ),
    (
        _let_go,
        "The letter is accepted: only one that was stopped can be let go.",
        "Der Brief ist vom Anbieter angenommen: Nur ein angehaltener lässt sich freigeben.",
    ),
    (
        _leave_nobody_out,
        "Nobody applied for this job as app_unknown.",
        "Für diese Stelle gibt es keine Bewerbung app_unknown.",
    ),
    (
        _second_to_nobody,
        "Nobody is second choice for a job that is cancelled:",
        "Für eine gestrichene Stelle gibt es keine zweite Wahl:",
    ),
    (
        _short_password,
        "A password has at least 12 characters: take a few words.",
        "Ein Passwort hat mindestens 12 Zeichen: Nehmen Sie ein paar Wörter.",
    ),
    (
        _nameless_colleague,
        "Say how colleagues and candidates call them.",
        "Sagen Sie, unter welchem Namen die Person auftritt.",
    ),
    (
        _crowded_team,
        "A team of this name exists already.",
        "Ein Team dieses Namens gibt es schon.",
    ),
    (
        _unknown_zone,
        "“Europe/Berlim” is no known time zone. Use an IANA name such as “Europe/Berlin”.",
        "„Europe/Berlim“ ist keine bekannte Zeitzone. Nehmen Sie einen IANA-Namen wie",
    ),
    (
        _months,
        "“2 months”: months and years differ in length.",
        "„2 months“: Monate und Jahre sind verschieden lang.",
    ),
    (
        _person,
        "(mail to this address bounced)",
        "(Mail an diese Adresse kam zurück)",
    ),
    (
        _called_first,
        "cannot be reached by mail (mail to this address bounced): call",
        "nicht per Mail erreichbar (Mail an diese Adresse kam zurück): Rufen Sie an",
    ),
    (
        _stopped,
        "an interview is still booked: cancel it and speak to the person first",
        "ein Gespräch ist noch geplant: Sagen Sie es ab, und sprechen Sie zuerst mit der Person",
    ),
    (
        _by_rule,
        "A letter saying where the application stands",
        "Ein Brief dazu, wie es um die Bewerbung steht",
    ),
    (
        _empty_letter,
        "It is empty; write the letter.",
        "Dieser Teil ist leer; schreiben Sie den Brief.",
    ),
    (
        _moved_on,
        "the application was at applied when this was written and is at offer now",
        "die Stufe der Bewerbung war „beworben“, als der Brief geschrieben wurde, und ist jetzt",
    ),
    (
        _unanswered,
        "It keeps no promise: nobody answered the call.",
        "Kein Versprechen ist damit gehalten: niemand ging ans Telefon.",
    ),
]


@SQLITE
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(
    ("act", "english", "german"), REFUSED, ids=[act.__name__.strip("_") for act, *_said in REFUSED]
)
def test_what_is_refused_is_said_in_the_readers_language(
    employer: Employer, act: Callable[[Reader], str], english: str, german: str, language: str
) -> None:
    ada = person(employer, "administrator", name="Ada Lindqvist", password=PASSWORD)
    with employer.work() as work:
        work.session.get_one(User, ada.id).locale = language
    text = act(Reader(employer, client_of(employer, ada), ada))

    assert (german if language == "de" else english) in text
    assert (english if language == "de" else german) not in text
