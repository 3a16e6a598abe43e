"""A migration tool in a release of several workloads of which one has no pods."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rollback.flow.native_draft import NativeDraft
from rollback.model import Command, Inside
from rollback.shell import Answer

FAILS = Inside(Command(("in_pod",)), Command(("kubectl", "exec")), location="deployment/web")
AWAY = Inside(Command(("in_pod",)), None, location="deployment/worker")


class Shop:
    """`ways` are the workloads; the tool ends with `status` in the one that runs."""

    def __init__(self, *ways: Inside, status: int = 1) -> None:
        self.ways, self.status = ways, status

    def ask(self, *_: Any) -> Answer:
        return Answer((self.status, "DB\n", "ModuleNotFoundError: no module named shop"))

    def draft(self) -> NativeDraft:
        draft = NativeDraft.__new__(NativeDraft)
        platform = SimpleNamespace(inside=lambda *_: self.ways)
        source = SimpleNamespace(platform=platform, shell=self, folder=SimpleNamespace(dir="db"))
        engine = SimpleNamespace(
            tool_where=lambda at: "SELECT", needed=lambda at: (), read=lambda *_: [[{"line": "DB"}]]
        )
        address = SimpleNamespace(variable="DATABASE_URL", location="shop on db:5432")
        facts = {
            "known": SimpleNamespace(source=source, settings=SimpleNamespace(run=())),
            "answer": SimpleNamespace(engine=engine, address=address),
            "tool": SimpleNamespace(TITLE="Django"), "native": SimpleNamespace(ask=lambda query: (query,)),
            "place": SimpleNamespace(source=source, moves=("move",), home="manage.py"),
            "asked": SimpleNamespace(project=Path("/srv")), "shell": self, "folder": "",
            "unasked": "", "failures": (), "move": "move", "way": 0,
        }  # fmt: skip
        for name, value in facts.items():
            setattr(draft, name, value)
        return draft


def test_a_tool_that_fails_where_it_runs_is_told_beside_a_workload_without_pods() -> None:
    draft = Shop(FAILS, AWAY).draft()
    assert draft._unusable() is None and draft.unasked == "deployment/worker"
    (told,) = draft.failures
    assert (told.level, told.code) == ("warning", "tool-failed")
    assert "deployment/web: ModuleNotFoundError: no module named shop" in told.message


def test_where_it_answers_nothing_else_is_told() -> None:
    draft = Shop(AWAY, FAILS, status=0).draft()
    assert (draft._unusable(), draft.unasked, draft.failures) == (None, "", ())


def test_without_another_way_the_failure_blocks() -> None:
    found = Shop(FAILS).draft()._unusable()
    assert found and (found.level, found.code) == ("blocker", "tool-failed")
