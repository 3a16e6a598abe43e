"""A fault at every call about a service that CodeDeploy moves: no plan, or the same plan."""

from __future__ import annotations

import pytest
from codedeploy_server import CodeDeploy
from ecs_site import Site
from proxy import Fault, Proxy
from test_faults import CODES, facts, planned

from rollback.errors import RollbackError, Unreadable


def test_what_cannot_be_read_gives_no_plan_whichever_call_it_is(
    green: Site, codedeploy: CodeDeploy, watched: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    green.environment["AWS_MAX_ATTEMPTS"] = "1"  # a fault is met, not retried away
    expected = facts(planned(green, monkeypatch))
    calls = len(watched.log)
    assert calls <= 20
    kinds = tuple(CODES)
    for first in range(calls):
        kind = kinds[first % len(kinds)]
        watched.fault = Fault(kind, first, 10_000)
        try:
            made = planned(green, monkeypatch)
        except RollbackError as error:
            assert isinstance(error, Unreadable) and error.code == CODES[kind], (first, error)
            assert error.fix
        else:
            if made.run is None or made.plan.verdict == "blocked":
                assert kind == "denied", "a person has to act"
            else:
                assert facts(made) == expected and made.plan.health.verdict != "healthy", first
    watched.fault = None
    assert facts(planned(green, monkeypatch)) == expected and watched.changes() == []
