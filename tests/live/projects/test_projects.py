"""Every project of this bed: three releases, the newest broken, one expected end; and the same by hand."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.live.projects.case import Case
from tests.live.projects.project import TIMES, Project


@pytest.mark.parametrize("project", Case.names(on_cluster=False), indirect=True)
def test_a_project_comes_back_to_its_one_expected_end(project: Project):
    comes_back(project)


def comes_back(project: Project) -> None:
    expect = project.case.expect
    before, served = project.identities(expect.untouched), project.serving(expect.serves)
    began = time.monotonic()
    plan = project.plan()
    check_plan(project, plan)
    if expect.verdict == "ready" and not expect.error:
        done = project.approved("execute", plan)
        ours = time.monotonic() - began
        assert (done["outcome"], done["exit"]) == (expect.outcome, expect.exit), done
        check_end(project, expect.serves, before)
        if expect.restore:
            restore(project, plan, served)
    else:
        assert project.serving(expect.serves) == expect.serves
        ours = time.monotonic() - began
    if project.case.plain:
        TIMES.append((project.name, ours, by_hand(project)))


def check_plan(project: Project, plan: Any) -> None:
    expect = project.case.expect
    assert bool(expect.error) == ("error" in plan), plan
    told = json.dumps(plan.get("error") or plan["findings"])
    assert all(word in told for word in expect.mentions), told
    assert not any(word in told for word in expect.omits), told
    if expect.error:
        assert plan["error"]["code"] == expect.error, plan
        return
    codes = {finding["code"] for finding in plan["findings"]}
    assert plan["verdict"] == expect.verdict, json.dumps(plan["findings"], indent=1)
    assert codes.issuperset(expect.findings), plan["findings"]
    assert not codes.intersection(expect.without), plan["findings"]
    if expect.apps is not None:
        assert sorted(move["target"]["app"] for move in plan["moves"]) == sorted(expect.apps)
    if expect.to:
        goals = [move["to"] for move in plan["moves"]]
        assert goals and all(expect.to in (goal["id"], goal["version"]) for goal in goals), goals


def check_end(project: Project, serves: dict[str, str], before: dict[str, str]) -> None:
    expect = project.case.expect
    assert project.ends_with(serves) == serves
    assert project.identities(before) == before
    for service, (command, printed) in expect.prints.items():
        assert project.printed(service, command) == printed


def restore(project: Project, plan: Any, served: dict[str, str]) -> None:
    """The way back ends where it began, and starts no job either."""
    untouched = project.identities(project.case.expect.untouched)
    done = project.approved("restore", plan)
    assert done["outcome"] == "restored", done
    wanted = served if project.case.expect.restored is None else project.case.expect.restored
    assert project.ends_with(wanted) == wanted
    assert project.identities(untouched) == untouched


def by_hand(project: Project) -> float:
    """Seconds that the plain way took; it must end as the project says."""
    plain = project.case.plain
    assert plain is not None
    project.run(plain.first)
    before = project.identities(plain.started)
    began = time.monotonic()
    done = project.run(plain.run, check=False)
    seconds = time.monotonic() - began
    assert plain.exit in (None, done.returncode), done
    assert project.ends_with(plain.serves) == plain.serves
    after = project.identities(plain.started)
    assert all(after[name] != before[name] for name in plain.started)
    return seconds
