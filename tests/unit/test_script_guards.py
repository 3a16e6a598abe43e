"""The guards of a rendered script: nothing is done where something is not as the plan saw it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from scripted import World, sh, with_app, world

from rollback.model import Command, Guard, Line, Probe

__all__ = ["world"]
pytestmark = pytest.mark.programs


@pytest.mark.parametrize("verb", ["execute", "restore"])
def test_another_live_release_stops_everything(world: World, verb: str) -> None:
    world.save(world.plan("a", "b"))
    if verb == "restore":
        world.do()
    world.file("b").write_text("v3\n")
    before = world.journal()
    exit, said = world.do(verb)
    assert (
        exit == 10
        and "The release of b has changed since the plan was made; nothing was changed" in said
        and "fix: " in said
    )
    assert world.journal() == before


def test_another_identity_stops_everything(world: World) -> None:
    engine = Guard(
        "app.engine", "the engine", sh("cat engine.id", timeout=5), (Line("one", "one"),)
    )
    plan = world.plan("a")
    world.save(with_app(plan, guards=(engine, *plan.guards)))
    (world.run / "engine.id").write_text("two\n")
    assert world.do()[0] == 10 and world.release("a") == "v2"
    (world.run / "engine.id").write_text("one\n")
    assert world.do()[0] == 0


def test_more_lines_than_planned_are_drift(world: World) -> None:
    plan = world.plan("a")
    guard = replace(plan.guards[0], command=Command(("printf", "v2\\nv2\\n")))
    world.save(with_app(plan, guards=(guard,)))
    assert world.do()[0] == 10 and world.release("a") == "v2"


def test_a_line_may_count_as_another_and_people_see_what_it_is(world: World) -> None:
    """Between the steps of a run, what the run itself has half done is no drift."""
    plan = world.plan("a")
    guard = replace(plan.guards[0], command=Command(("printf", "%s\\t# on, at v1\\n", "v2")))
    world.save(with_app(plan, guards=(guard,)))
    assert world.do("execute", "", "--where")[1] == "start\tapp.a\t0\tapp.a\ton, at v1\n"
    assert world.do()[0] == 0 and world.release("a") == "v1"
    guard = replace(plan.guards[0], command=Command(("printf", "%s\\t# on, at v1\\n", "v3")))
    world.save(with_app(plan, guards=(guard,)))
    exit, said = world.do()
    assert exit == 10 and "found:    on, at v1" in said


def test_a_guard_that_cannot_be_read_is_no_drift(world: World) -> None:
    plan = world.plan("a")
    world.save(
        with_app(
            plan, guards=(replace(plan.guards[0], command=sh("echo engine is gone >&2; exit 3")),)
        )
    )
    exit, said = world.do()
    assert exit == 12 and "engine is gone" in said and world.journal() == []


def test_secrets_are_compared_by_salted_hash(world: World) -> None:
    import hashlib

    def hashed(word: str) -> str:
        return hashlib.sha256(f"salt{word}".encode()).hexdigest()

    plan = world.plan("a")
    guard = replace(plan.guards[0], salt="salt", lines=(Line(hashed("v2"), hashed("v1"), "app.a"),))
    step = replace(plan.steps[0], proof=Probe(plan.steps[0].proof.command, hashed("v1"), "salt"))  # type: ignore[union-attr]
    world.save(with_app(plan, guards=(guard,), steps=(step,)))
    assert world.do()[0] == 0
    world.file("a").write_text("token-in-clear\n")
    exit, said = world.do()
    assert exit == 10 and "token-in-clear" not in said


@pytest.mark.parametrize(("salt", "shown"), [("", "v9"), ("5a17", "***")])
def test_reading_shows_a_line_more_than_planned_as_elsewhere(
    world: World, salt: str, shown: str
) -> None:
    plan = world.plan("a")
    guard = replace(plan.guards[0], command=Command(("printf", "v2\\nv9\\n")), salt=salt)
    world.save(with_app(plan, guards=(guard,)))
    exit, said = world.do("execute", None, "--where")
    assert (exit, said.splitlines()[-1]) == (0, f"elsewhere\tapp.a\t1\t-\t{shown}")
