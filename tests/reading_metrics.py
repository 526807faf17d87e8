"""Reads the metrics as Prometheus does."""

from __future__ import annotations

from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from service.models import Connection, Delivery
from tests.harness import Employer


def metrics(employer: Employer) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = employer.app.test_client().get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def metric(employer: Employer, name: str, **labels: str) -> float:
    return metrics(employer)["keepword_" + name, frozenset(labels.items())]


def delivery(connection: Connection, identity: str, employer: Employer, **fields: Any) -> Delivery:
    return Delivery(
        connection_id=connection.id,
        identity=identity,
        headers={},
        body=b"{}",
        received_at=fields.pop("received_at", employer.now),
        next_attempt_at=employer.now,
        **fields,
    )
