"""How long earlier runs took: only those that arrived, of the same environment and level."""

from __future__ import annotations

import pytest

from rollback import clock
from rollback.records import audit, durations


@pytest.fixture
def at(tmp_path, monkeypatch):
    """Record an event at a second of the day."""

    def record(second: int, event: str, run: str, **facts: str) -> None:
        moment = f"2026-11-30T10:{second // 60:02}:{second % 60:02}Z"
        monkeypatch.setattr(clock, "now", lambda plus_seconds=0: moment)
        audit.record(tmp_path, event, run=run, **facts)

    return record


def test_a_run_counts_from_its_last_start_to_its_result(at, tmp_path):
    at(0, "plan", "a", environment="staging", level="app")
    at(5, "start", "a", verb="execute")
    at(100, "start", "a", verb="execute")
    at(142, "end", "a", verb="execute", outcome="done")
    assert durations.of_runs(tmp_path, "staging", "app") == [42]


@pytest.mark.parametrize(
    ("planned", "verb", "outcome"),
    [
        ({"environment": "production", "level": "app"}, "execute", "done"),
        ({"environment": "staging", "level": "with-db"}, "execute", "done"),
        ({"environment": "staging", "level": "app"}, "restore", "restored"),
        ({"environment": "staging", "level": "app"}, "execute", "failed"),
        ({"environment": "staging", "level": "app"}, "execute", "already"),
    ],
)
def test_other_runs_do_not_count(at, tmp_path, planned, verb, outcome):
    at(0, "plan", "a", **planned)
    at(5, "start", "a", verb=verb)
    at(9, "end", "a", verb=verb, outcome=outcome)
    assert durations.of_runs(tmp_path, "staging", "app") == []


def test_one_slow_run_does_not_move_what_is_typical():
    assert durations.typical([40, 41, 900]) == 41
    assert durations.typical([]) is None
