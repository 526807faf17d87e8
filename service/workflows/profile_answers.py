"""What a vendor's answer does to the entry that was to be written into a candidate's profile."""

from __future__ import annotations

from dataclasses import dataclass

from service.ats.asking import Answer, WriteBack
from service.models import Connection
from service.vendors.base import Answered, Busy, Denied, Outcome, Unreachable
from service.workflows.leases import Lease
from service.workflows.profile_entries import DONE, FAILED, UNCERTAIN
from service.workflows.profile_ledger import Ledger

_FORBIDDEN = 403
# A gateway's words: what happened behind it is not known. Other 5xx are the vendor's own refusal
# to do anything, as far as HTTP tells (RFC 9110, 15.6).
_WHO_KNOWS = frozenset({502, 504})


@dataclass(frozen=True)
class Written:
    """One entry on its way."""

    ledger: Ledger
    connection: Connection
    rules: WriteBack
    entry_id: str
    lease: Lease
    letter: bool

    def take(self, outcome: Outcome) -> None:
        """Write down what the outcome means; committed."""
        match outcome:
            case Answered(answer=answer):
                self._judged(answer)
            case Denied(status=status, why=why, retry_at=retry_at):
                # One profile may be closed to us where the others are not: the others go on.
                self.ledger.refused_us(
                    self.connection.id,
                    self.entry_id,
                    self.lease,
                    why,
                    retry_at,
                    all_wait=status != _FORBIDDEN,
                )
            case Busy(why=why, retry_at=retry_at):
                self.ledger.again(self.entry_id, self.lease, why, retry_at, exactly=True)
                self.ledger.all_rest(self.connection.id, retry_at)
            case Unreachable(why=why, retry_at=retry_at):
                if outcome.perhaps_sent and (
                    outcome.status is None or outcome.status in _WHO_KNOWS
                ):
                    self._lost(f"{why}, so nobody knows whether it arrived")
                else:
                    self.ledger.again(self.entry_id, self.lease, why, retry_at)

    def _judged(self, answer: Answer) -> None:
        said = f"the vendor's API answered {answer.status}"
        try:
            refusal = self.rules.refusal(answer)
        except Exception as error:  # noqa: BLE001 - an answer like no other must not stop the rest
            self._lost(f"{said}, and the rest could not be understood ({type(error).__name__})")
            return
        if refusal is None and not 200 <= answer.status < 300:
            refusal = said
        if refusal is None:
            self.ledger.takes_us(self.connection.id)
        self.ledger.end(self.entry_id, self.lease, FAILED if refusal else DONE, refusal)

    def _lost(self, why: str) -> None:
        if self.rules.repeatable(letter=self.letter):
            self.ledger.again(self.entry_id, self.lease, why)
        else:
            self.ledger.end(self.entry_id, self.lease, UNCERTAIN, why)
