"""Fixtures of the script scheduler: a clock and four slots."""

import pytest

from tests.unit.web.script_runs import Clock
from web import script_scheduler


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("issue_portal.core.token_bucket.time", clock)
    monkeypatch.setattr(script_scheduler, "time", clock)
    return clock


@pytest.fixture
def four_slots(monkeypatch):
    monkeypatch.setattr(script_scheduler, "SLOTS", 4)
    monkeypatch.setattr(script_scheduler, "SLOTS_PER_ADDRESS", 2)
    # A run keeps its slot until the test finishes the run.
    monkeypatch.setattr(script_scheduler, "SLOT_SECONDS", 1000.0)
