"""The list of metrics, the alert rules and the dashboard speak of what is really there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from service.app import engine_of
from service.domain.policies import Kind
from service.models import ProfileEntry
from service.workflows.connections import add_connection
from service.workflows.promise_making import Spoken, make_spoken
from tests.harness import Employer, add_application, add_notices, make_employer
from tests.reading_metrics import delivery, metric

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/prometheus/alerts.yaml"
DASHBOARD = ROOT / "deploy/grafana/keepword.json"
LISTED = re.compile(r"^\| `(keepword_\w+)` \|([^|]*)\|", re.MULTILINE)
NAMED = re.compile(r"keepword_\w+")


@pytest.fixture
def employer(new_database: Callable[..., str], tmp_path: Path) -> Iterator[Employer]:
    made = make_employer(new_database("sqlite", started=True), tmp_path)
    yield made
    engine_of(made.app).dispose()


def busy(employer: Employer) -> None:
    """Something for every metric to speak of."""
    with employer.work() as work:
        secret = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4"
        connection = add_connection(work, "main", "generic", [secret], rejections_by="keepword")
        connection.last_authentic_at = work.now
        application = add_application(work)
        make_spoken(work, application, Spoken(Kind.CALLBACK, "A call", within="1 business hour"))
        add_notices(work, 1)
        work.session.add(delivery(connection, "one", employer, lease_until=work.now))
        work.session.add(
            ProfileEntry(
                connection_id=connection.id,
                application_id=application.id,
                dedupe_key="one",
                state="sending",
                next_attempt_at=work.now,
                lease_until=work.now,
                created_at=work.now,
            )
        )


def told(employer: Employer) -> dict[str, set[str]]:
    """Every sample's name at /metrics, with its labels."""
    text = employer.app.test_client().get("/metrics").get_data(as_text=True)
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def expressions() -> list[str]:
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    shown = [target["expr"] for panel in panels for target in panel["targets"]]
    return [rule["expr"] for rule in rules] + shown


def test_what_is_listed_is_what_is_told_and_all_that_is_watched(employer: Employer) -> None:
    busy(employer)
    employer.pass_time(minutes=1)
    listed = {
        name: set(re.findall(r"`(\w+)`", labels))
        for name, labels in LISTED.findall((ROOT / "docs/operating.md").read_text("utf-8"))
    }
    real = told(employer)
    by_family: dict[str, set[str]] = {}
    for name, labels in real.items():
        if not name.endswith("_created"):
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            by_family.setdefault(family, set()).update(labels)

    assert by_family == listed
    watched = {name for line in expressions() for name in NAMED.findall(line)}
    assert watched <= set(real), watched - set(real)
    unseen = set(listed) - {re.sub(r"_bucket$", "", name) for name in watched}
    assert unseen <= {
        "keepword_connection_rejections_unanswered",
        "keepword_letters_without_wording",
        "keepword_people_on_legal_hold",
    }


def test_each_rule_says_what_is_wrong_and_what_to_do() -> None:
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]

    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert set(rule["annotations"]) == {"summary", "remedy"}, rule["alert"]


def test_prometheus_takes_the_rules_and_they_fire(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")
    story: dict[str, Any] = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": "keepword_promises_open", "values": "1x10 _x10"},
                    {"series": 'keepword_loop_late{loop="check"}', "values": "0x5 1x10"},
                    {"series": 'keepword_loop_late{loop="sync"}', "values": "0x15"},
                ],
                "alert_rule_test": [
                    {"eval_time": "5m", "alertname": "KeepwordLoopLate", "exp_alerts": []},
                    {
                        "eval_time": "8m",
                        "alertname": "KeepwordLoopLate",
                        "exp_alerts": [
                            {
                                "exp_labels": {"loop": "check", "severity": "page"},
                                "exp_annotations": {
                                    "summary": "The loop check stands still.",
                                    "remedy": "Start its worker, which “keepword doctor” names; "
                                    "if one runs, its log says what fails.",
                                },
                            }
                        ],
                    },
                    {"eval_time": "9m", "alertname": "KeepwordDown", "exp_alerts": []},
                ],
            }
        ],
    }
    written = tmp_path / "story.yaml"
    written.write_text(json.dumps(story), encoding="utf-8")
    for line in (["check", "rules", str(RULES)], ["test", "rules", str(written)]):
        result = subprocess.run([promtool, *line], capture_output=True, text=True, check=False)

        assert result.returncode == 0, result.stdout + result.stderr


def test_how_late_flags_were_adds_up_over_the_runs(employer: Employer) -> None:
    for hours, late in ((1, 3), (2, 200)):
        with employer.work() as work:
            within = f"{hours} business hours"
            make_spoken(work, add_application(work), Spoken(Kind.CALLBACK, "A call", within=within))
            due_in = timedelta(hours=hours)
        employer.clock.advance(due_in)
        employer.pass_time(seconds=late)

    assert metric(employer, "flag_lateness_seconds_count") == 2
    assert metric(employer, "flag_lateness_seconds_sum") == 203
    assert metric(employer, "flag_lateness_seconds_bucket", le="5.0") == 1
    assert metric(employer, "flag_lateness_seconds_bucket", le="300.0") == 2
    assert metric(employer, "flag_lateness_seconds_bucket", le="+Inf") == 2


def test_what_a_lost_worker_held_is_told(employer: Employer) -> None:
    busy(employer)
    employer.clock.advance(timedelta(minutes=1))

    assert metric(employer, "leases_expired", work="delivery") == 1
    assert metric(employer, "leases_expired", work="profile-entry") == 1
    assert metric(employer, "leases_expired", work="message") == 0
    assert metric(employer, "outbox_messages") == 1
