"""A change that is refused as a whole because somebody was faster: drift, unless the run changed something before."""

from __future__ import annotations

import hashlib

import pytest
from msgspec.structs import replace
from scripted import World, sh, world

from rollback.model import Command, Component, Lock
from rollback.records import audit, journal
from rollback.records import run as runs

__all__ = ["world"]
pytestmark = pytest.mark.programs


def content(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def compared(world: World, name: str, planned: str = "v2\n") -> Component:
    """Its switch compares the file right before it changes it, and so does its undo.

    Where a file `overtake` lies, somebody deploys right after the guard has looked.
    """
    made = world.component("app", name)
    file = str(world.file(name))
    look = sh('cat "$1"; [ ! -e overtake ] || { rm overtake; echo v3 >"$1"; }', file)
    step = made.steps[0]
    assert step.undo
    undo = replace(step.undo, do=Command(("put_file", file, content("v1\n"), "state/v2"), 10))
    do = Command(("put_file", file, content(planned), "state/v1"), 10)
    return replace(
        made,
        guards=(replace(made.guards[0], command=look),),
        steps=(replace(step, do=do, undo=undo, guarded=True),),
    )


def save(world: World, *components: Component) -> None:
    world.save(world.plan_of(*components), v1="v1\n", v2="v2\n")


def test_a_refused_first_change_is_drift_and_the_run_is_as_if_it_was_never_started(
    world: World,
) -> None:
    taken = Lock("app.lock", "the lock", take=sh("echo >>taken"), release=sh("echo >>freed"))
    save(world, replace(compared(world, "a"), locks=(taken,)))
    (world.run / "overtake").touch()
    exit, said = world.do()
    assert exit == 10 and "The release of a has changed since the plan was made" in said, said
    assert "found:    v3" in said and "nothing was changed by this start" in said
    assert (world.release("a"), (world.run / "freed").exists()) == ("v3", True)
    assert (runs.state(world.run), runs.started(world.run)) == ("new", False)
    assert world.do("restore")[0] == 2
    audit.take_over(world.project)
    steps = [line.step for line in journal.read(world.run)]
    assert steps == ["app.lock.take", "app.a.switch", "nothing-changed"]
    assert [row["step"] for row in audit.rows(world.project, "step")] == steps
    world.file("a").write_text("v2\n")
    assert world.do()[0] == 0 and world.release("a") == "v1"
    assert runs.state(world.run) == "finished"


def test_a_restore_that_is_refused_leaves_the_run_finished(world: World) -> None:
    save(world, compared(world, "a"))
    assert world.do()[0] == 0
    (world.run / "overtake").touch()
    assert (world.do("restore")[0], runs.state(world.run)) == (10, "finished")
    world.file("a").write_text("v1\n")
    assert (world.do("restore")[0], world.release("a")) == (0, "v2")


def test_after_a_change_of_this_run_a_refused_one_is_partial(world: World) -> None:
    a, b = world.component("app", "a"), compared(world, "b")
    both = replace(a, moves=a.moves + b.moves, guards=a.guards + b.guards, steps=a.steps + b.steps)
    save(world, both)
    (world.run / "overtake").touch()
    exit, said = world.do()
    assert (exit, world.release("a"), world.release("b")) == (5, "v1", "v3"), said
    assert runs.state(world.run) == "unfinished"


def test_a_refused_change_without_drift_is_a_failed_step(world: World) -> None:
    save(world, compared(world, "a", "something else\n"))
    exit, said = world.do()
    assert (exit, "has another content" in said) == (5, True), said
    assert runs.state(world.run) == "unfinished"


def test_a_failure_that_does_not_tell_is_none_that_changed_nothing(world: World) -> None:
    made = compared(world, "a")
    do = sh('echo v4 >"$1"; exit 1', str(world.file("a")))
    save(world, replace(made, steps=(replace(made.steps[0], do=do),)))
    (world.run / "overtake").touch()
    assert world.do()[0] == 5 and runs.state(world.run) == "unfinished"
