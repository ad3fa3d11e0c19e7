"""A clock and a few slots for the script scheduler."""

import pytest

from tests.unit.web.script_runs import Clock
from web import script_scheduler


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("issue_portal.core.token_bucket.time", made)
    monkeypatch.setattr(script_scheduler, "time", made)
    return made


@pytest.fixture
def four_slots(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOTS", 4)
    monkeypatch.setattr(script_scheduler, "SLOTS_PER_ADDRESS", 2)
    # Runs keep their slots until the test ends them.
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 1000.0)
