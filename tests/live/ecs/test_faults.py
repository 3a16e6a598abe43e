"""A fault at every call: never a wrong target, never a success that is none, and always to be resumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from cloud import SECRET
from ecs_site import Site
from proxy import Fault, Proxy

from rollback.errors import RollbackError, Unreadable
from rollback.flow import plan as flow

CODES = {
    "drop": "unreachable",
    "throttled": "throttled",
    "expired": "login-expired",
    "denied": "access-denied",
    "broken": "server-error",
}


@pytest.fixture
def faulty(shop: Site) -> Iterator[tuple[Site, Proxy]]:
    with Proxy(shop.cluster.cloud.url).serving() as proxy:
        shop.endpoint(proxy.url)
        shop.environment["AWS_MAX_ATTEMPTS"] = "1"  # a fault is met, not retried away
        yield shop, proxy


def planned(site: Site, monkeypatch: pytest.MonkeyPatch) -> flow.Planned:
    """A plan inside this process, with the site's variables; it does not wait between tries."""
    for name, value in site.environment.items():
        if name.startswith(("AWS_", "HOME", "PATH")):
            monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: None))
    return flow.make(flow.Request(site.project, "staging", refresh=True))


def facts(made: flow.Planned) -> Any:
    return made.plan.verdict, [(move.current.id, move.to.id) for move in made.plan.moves]


# what a plan asks for: no more than six requests, and one for each page of a list. What the checks
# read again is what they look at after the rollback
SINGLE = {
    "DescribeServices": 2,
    "DescribeServiceRevisions": 1,
    "DescribeTaskDefinition": 1,
    "DescribeTasks": 1,
}
LISTS = {
    **{"ListServiceDeployments": 1, "ListTaskDefinitions": 1, "ListTasks": 1},
    **{"DescribeScalableTargets": 1, "DescribeScalingPolicies": 1},
}


def test_a_plan_asks_for_nothing_twice_and_side_by_side(
    faulty: tuple[Site, Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, proxy = faulty
    proxy.pace = 0.3
    assert planned(site, monkeypatch).run
    assert Counter(proxy.log) == {**SINGLE, **LISTS} and sum(SINGLE.values()) <= 6
    assert proxy.in_turn() <= 6, proxy.spans


def test_what_cannot_be_read_gives_no_plan_whichever_call_it_is(
    faulty: tuple[Site, Proxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, proxy = faulty
    expected = facts(planned(site, monkeypatch))
    calls = len(proxy.log)
    kinds = tuple(CODES)
    for number in range(2 * calls):
        first, kind = number % calls, kinds[number % len(kinds)]
        runs = sorted(site.project.glob(".rollback-checkpoint-*"))
        proxy.fault = Fault(kind, first, 10_000)
        try:
            made = planned(site, monkeypatch)
        except RollbackError as error:
            assert isinstance(error, Unreadable) and error.code == CODES[kind], (first, error)
            assert error.fix and SECRET not in error.message
            assert sorted(site.project.glob(".rollback-checkpoint-*")) == runs
        else:
            if made.run is None:
                assert kind == "denied" and made.plan.verdict == "choose", "a person has to choose"
            else:
                said = {finding.code for finding in made.plan.findings}
                is_unknown = made.plan.health.verdict == "unknown" or "references-unknown" in said
                is_unknown |= '"not read"' in (made.run / "state/app/shop.json").read_text()
                assert facts(made) == expected and is_unknown, first
    proxy.fault = None
    assert facts(planned(site, monkeypatch)) == expected and proxy.changes() == []


# a call of each phase, the nth of its operation; a fault at every call of a step: test_ecs_script
PHASES = {
    "a guard": Fault("expired", only="DescribeServices"),
    "the look before the change": Fault("denied", first=2, only="DescribeServices"),
    "the images": Fault("broken", only="DescribeServiceRevisions"),
    "the proof": Fault("drop", only="DescribeTasks"),
    "the health afterwards": Fault("throttled", first=1, count=99, only="DescribeTasks"),
}


def test_a_fault_in_a_run_is_told_and_the_run_can_be_resumed(
    faulty: tuple[Site, Proxy],
) -> None:
    site, proxy = faulty
    family = site.cluster.family("shop")
    bad, good = f"{family}:3", f"{family}:2"
    plan = site.plan()
    for phase, fault in PHASES.items():
        proxy.fault = fault
        done = site.execute(plan, check=None)
        proxy.fault = None
        assert fault.seen > fault.first, phase
        assert site.cluster.live("shop") in (bad, good) and SECRET not in f"{done}"
        if done["exit"] == 0:
            assert site.cluster.settled("shop") and site.cluster.versions("shop") == ["v2"]
        else:
            told = done.get("error") or done
            assert done["exit"] in (5, 7, 11, 12), (phase, done)
            assert told.get("fix") or told.get("next") or told.get("open"), (phase, told)
    assert site.execute(plan)["outcome"] in ("done", "already")
    assert site.cluster.versions("shop") == ["v2"]


@pytest.mark.parametrize("kind", ["drop", "lost"])
def test_a_change_without_an_answer_is_told_or_made_and_never_made_twice_by_resuming(
    faulty: tuple[Site, Proxy], kind: str
) -> None:
    site, proxy = faulty
    plan, family = site.plan(), site.cluster.family("shop")
    proxy.log.clear()
    proxy.fault = Fault(kind, only="UpdateService")
    made = kind == "lost"  # the change was made, its answer never came
    done = site.execute(plan, check=0 if made else 5)
    assert site.cluster.live("shop") == f"{family}:{2 if made else 3}"
    assert made or (done["outcome"] == "failed" and done["next"])
    proxy.fault = None
    assert site.execute(plan)["outcome"] in ("done", "already")
    assert proxy.changes() == ["UpdateService"] * (1 if made else 2)
    assert site.cluster.versions("shop") == ["v2"]
