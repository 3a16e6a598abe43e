"""The planner inside the test's own process, so that a fault at each request costs no start of Python."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hosted_site import Site
from loopback import FAULTS, Fault, Loopback

from rollback.approval import approvals
from rollback.errors import RollbackError, Unreadable
from rollback.flow import plan as flow
from rollback.platforms._hosted import api

PASSING = ("drop", "cut", "429", "500", "html")  # kinds of faults that end by themselves
CODES = {"drop": {"cut-off", "unreachable"}, "cut": {"cut-off"}, "429": {"rate-limited"}, "500": {"server-error"},
         "401": {"login-refused"}, "redirect": {"redirected"}, "html": {"not-json"},
         "hang": {"timed-out"}}  # fmt: skip
WORDS = {"401": "the token was refused", "429": "too many requests", "redirect": "a login page"}


def hasty(monkeypatch: pytest.MonkeyPatch, site: Site, *tokens: str) -> Site:
    """The site, its variables in this process; nobody waits between two tries of a read."""
    for name in ("HOME", "PATH", *tokens):
        monkeypatch.setenv(name, site.environment[name])
    monkeypatch.setattr(api.time, "sleep", lambda seconds: None)
    return site


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that waits for a third of a second, for the rest of the test."""
    monkeypatch.setattr(api, "SECONDS", 0.3)
    fresh = functools.cache(api._client.__wrapped__)
    monkeypatch.setattr(api, "_client", fresh)


def planned(site: Site) -> flow.Planned:
    return flow.make(flow.Request(site.project, "staging", refresh=True))


def facts(made: flow.Planned) -> Any:
    (move,) = made.plan.moves
    return made.plan.verdict, move.current.id, move.to.id, {row.code for row in made.plan.findings}


def approvable(made: flow.Planned) -> Any:
    assert made.run
    return {"run": str(made.run), "digest": approvals.digest(made.run)}


def runs(site: Site) -> list[Path]:
    return sorted(site.project.glob(".rollback-checkpoint-*"))


def requests(server: Loopback, call: Callable[[], Any]) -> int:
    """How many requests a call makes, the health checks of the site itself left out."""
    server.log.clear()
    call()
    return sum("/-/" not in path for _, path, _ in server.log)


def no_plan_of_a_fault(site: Site, server: Loopback, kind: str) -> None:
    """Fail each request of a plan, and all that follow, by this kind in turn: each is an error that says so."""
    expected = facts(planned(site))
    count = requests(server, lambda: planned(site))
    begin = FAULTS.index(kind) if kind in FAULTS else 0
    for first in range(begin, count, len(FAULTS)):
        before = runs(site)
        server.fault = Fault(kind, first, 10_000)
        try:
            made = planned(site)
        except RollbackError as error:
            assert isinstance(error, Unreadable) and error.code in CODES[kind], (first, error.code)
            assert error.fix and runs(site) == before, "no run folder of a plan that was not made"
        else:
            raise AssertionError(f"request {first} failed as {kind}, yet {facts(made)}")
    server.fault = None
    assert facts(planned(site)) == expected and server.changes() == []


def same_plan_despite_a_fault(site: Site, server: Loopback, kind: str) -> None:
    """Fail one request of a plan, in turn: it is read again."""
    expected = facts(planned(site))
    count = requests(server, lambda: planned(site))
    for first in range(PASSING.index(kind), count, len(PASSING)):
        server.fault = Fault(kind, first)
        assert facts(planned(site)) == expected, first
    server.fault = None
