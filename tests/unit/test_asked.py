"""The question as it is asked: its text, the reason, and for a restore the health that the rollback left."""

from __future__ import annotations

import json

import pytest

from rollback.approval import asked

RESTORE = "UNDO it\nshop: 2 -> 4\nhealth before the rollback: unhealthy - /health answers 500\ndowntime: none known"
CHECKS = [
    {"name": "/health", "verdict": "unhealthy", "detail": "answers 500", "phase": "before"},
    {"name": "/health", "verdict": "healthy", "detail": "200, v2", "phase": "after"},
]


def test_the_reason_stands_below_the_first_line(tmp_path):
    rows = asked.text("ROLL BACK it\nshop: 4 -> 2", tmp_path, "<b>500</b>\x1b[2J").splitlines()
    assert rows == ["ROLL BACK it", "reason: ‹b›500‹/b›", "shop: 4 -> 2"]
    assert asked.text("ROLL BACK it\nshop: 4 -> 2", tmp_path, "") == "ROLL BACK it\nshop: 4 -> 2"


def test_a_restore_shows_the_health_of_both_sides(tmp_path):
    (tmp_path / "health.json").write_text(json.dumps({"verdict": "healthy", "checks": CHECKS}))
    rows = asked.text(RESTORE, tmp_path, "").splitlines()
    assert rows[2:4] == [
        "health before the rollback: unhealthy - /health answers 500",
        "health after it: healthy - /health 200, v2",
    ]


@pytest.mark.parametrize("damaged", ["", "[]", "{}", '{"checks": [1]}', '{"checks": [{}]}'])
def test_without_a_report_the_question_is_as_it_was_written(tmp_path, damaged):
    assert asked.text(RESTORE, tmp_path, "") == RESTORE
    (tmp_path / "health.json").write_text(damaged)
    assert asked.text(RESTORE, tmp_path, "") == RESTORE
