"""What is read back of a target and told: where it is, that it is gone, that nobody could look. Never a guess, never what may be secret."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from scripted import World, world

from rollback.approval import approvals
from rollback.flow import result
from rollback.flow.job import Job, Request
from rollback.model import Guard, TargetResult
from rollback.script import render

__all__ = ["world"]
pytestmark = pytest.mark.programs


def salted(guard: Guard) -> Guard:
    def hashed(value: str) -> str:
        return hashlib.sha256(f"5a17{value}".encode()).hexdigest()

    return replace(
        guard,
        current=tuple(map(hashed, guard.current)),
        to=tuple(map(hashed, guard.to)),
        salt="5a17",
    )


@pytest.fixture
def planned(world: World) -> World:
    plan = world.plan("a")
    world.save(replace(plan, guards=tuple(map(salted, plan.guards))))
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
    assert set(files) >= set(render.SCRIPTS.values())
    (told,) = result.read_back(job)
    return told


@pytest.mark.parametrize(
    ("line", "now", "proof"),
    [
        ("v1", "v1", "release of a: ***"),
        ("v9", "***", "release of a: ***"),
        ("", None, "release of a: nothing: it is gone"),
        (None, None, "release of a: could not be read"),
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
    ("line", "found"), [("v9", "another one (compared by hash)"), ("", "nothing")]
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
    monkeypatch.setattr(result, "SPARE", 4)
    plan = world.plan("a")
    hung = replace(
        plan.guards[0], command=replace(plan.guards[0].command, argv=("sleep", "300"), timeout=300)
    )
    world.save(replace(plan, guards=(hung,)))
    told = read_back(world, -60)
    assert (told.state, told.proof) == ("failed", "release of a: could not be read")


def test_a_script_that_says_nothing_is_no_good_news(planned: World) -> None:
    planned.tool("bash", "exit 1")
    told = read_back(planned)
    assert (told.state, told.proof) == ("failed", "release of a: could not be read")
