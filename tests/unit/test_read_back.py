"""What is read back of a target and told: where it is, that it is gone, that nobody could look. Never a guess, never what may be secret."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from scripted import World, world

from rollback.approval import approvals
from rollback.flow import read_back as reading
from rollback.flow.job import Job, Request
from rollback.model import Component, Guard, Plan, TargetResult

__all__ = ["world"]
pytestmark = pytest.mark.programs


def salted(guard: Guard) -> Guard:
    def hashed(value: str) -> str:
        return hashlib.sha256(f"5a17{value}".encode()).hexdigest()

    lines = (
        replace(line, source=hashed(line.source), goal=hashed(line.goal)) for line in guard.lines
    )
    return replace(guard, lines=tuple(lines), salt="5a17")


def with_guards(plan: Plan, *guards: Guard) -> Plan:
    """A plan of one component, guarded by these."""
    component: Component = plan.components[0]
    return replace(plan, components=(replace(component, guards=guards),))


@pytest.fixture
def planned(world: World) -> World:
    plan = world.plan("a")
    world.save(with_guards(plan, *map(salted, plan.guards)))
    return world


def read_back(world: World, seconds: float = 60) -> TargetResult:
    from rollback.records import run as runs

    plan, files = runs.load_plan(world.run), approvals.contents(world.run)
    job = Job(
        Request(Path(plan.project), "execute"),
        world.run,
        plan,
        files,
        "",
        time.monotonic() + seconds,
        0,
        False,
    )
    (target,) = reading.targets(job)
    return target


@pytest.mark.parametrize(
    ("line", "now", "proof"),
    [
        ("v1", "v1", "the release of a: as planned, compared by hash"),
        ("v9", None, "the release of a: neither of the two, compared by hash"),
        ("", None, "the release of a: nothing: it is gone"),
        (None, None, "the release of a: could not be read"),
    ],
)
def test_it_is_there_another_one_gone_or_could_not_be_read(
    planned: World, line: str | None, now: str | None, proof: str
) -> None:
    if line is None:
        planned.file("a").unlink()
    else:
        planned.file("a").write_text(line)
    told = read_back(planned)
    assert (told.now, told.proof, told.state) == (
        now,
        proof,
        "rolled-back" if line == "v1" else "failed",
    )


@pytest.mark.parametrize(
    ("line", "found"), [("v9", "something else (compared by hash)"), ("", "nothing")]
)
def test_a_start_that_finds_it_gone_does_not_call_it_another_one(
    planned: World, line: str, found: str
) -> None:
    planned.file("a").write_text(line)
    code, said = planned.do()
    assert (code, f"found:    {found}\n" in said) == (10, True), said


def test_what_does_not_answer_is_not_waited_for_beyond_the_deadline(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SPARE", 4)
    plan = world.plan("a")
    hung = replace(
        plan.guards[0], command=replace(plan.guards[0].command, argv=("sleep", "300"), timeout=300)
    )
    world.save(with_guards(plan, hung))
    told = read_back(world, -60)
    assert (told.state, told.proof) == ("failed", "the release of a: could not be read")


def test_a_script_that_says_nothing_is_no_good_news(planned: World) -> None:
    planned.tool("bash", "exit 1")
    told = read_back(planned)
    assert (told.state, told.proof) == ("failed", "the release of a: could not be read")
