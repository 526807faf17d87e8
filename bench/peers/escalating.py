"""Escalates tickets with django-helpdesk on SQLite, mail off; prints the seconds it took.

Runs under the peers' Python. Its ``escalate_tickets`` does for tickets what the checker does for
promises: it finds those past their day, raises them and writes down that it did.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import django
from django.conf import settings
from django.core.management import call_command


def main() -> None:
    """Fill a database with so many open tickets, so many of them due, and escalate."""
    open_, due = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory(dir=sys.argv[3]) as folder:
        _begin(Path(folder))
        from django.utils import timezone
        from helpdesk.models import FollowUp, Queue, Ticket

        queue = Queue.objects.create(title="Candidates", slug="candidates", escalate_days=3)
        now = timezone.now()
        Ticket.objects.bulk_create(
            [
                Ticket(
                    queue=queue,
                    title=f"Call about the panel date {number}",
                    description="A call about the panel date",
                    submitter_email=f"amara.{number}@example.com",
                    status=Ticket.OPEN_STATUS,
                    priority=3,
                    last_escalation=now - timedelta(days=9 if number < due else 0),
                )
                for number in range(open_)
            ],
            batch_size=500,
        )
        began = time.perf_counter()
        call_command("escalate_tickets")
        took = time.perf_counter() - began
        flagged = FollowUp.objects.count()
    print(json.dumps({"seconds": took, "flagged": flagged}))


def _begin(folder: Path) -> None:
    settings.configure(
        SECRET_KEY="an invented key that seals nothing here",  # noqa: S106 - as it says
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "tickets.db")}
        },
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        ROOT_URLCONF="tickets_urls",
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
        ],
        SITE_ID=1,
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.sites",
            "django.contrib.messages",
            "django.contrib.admin",
            "django.contrib.humanize",
            "helpdesk",
        ],
        HELPDESK_TEAMS_MODE_ENABLED=False,
    )
    django.setup()
    from django.urls import include, path

    # A follow-up names the page of its ticket.
    urls = ModuleType("tickets_urls")
    urls.urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]
    sys.modules["tickets_urls"] = urls
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    main()
