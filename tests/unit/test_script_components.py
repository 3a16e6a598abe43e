"""A plan of several components: stages go one after another, and back the other way round."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from scripted import World, sh, world

from rollback.model import Command, Component, Step, Undo
from rollback.records import run as runs

__all__ = ["world"]
pytestmark = pytest.mark.programs
FAILS = Command(("false",))


def failing(world: World, id: str, *names: str, stage: int) -> Component:
    component = world.component(id, *names, stage=stage)
    first, *others = component.steps
    return replace(component, steps=(replace(first, do=FAILS, deadline=1), *others))


def order(world: World, script: str, event: str = "start") -> list[str]:
    lines = [line for line in runs.journal(world.run) if line.script == script]
    return [line.step for line in lines if line.event == event]


def test_stages_go_in_order_and_back_in_reverse(world: World) -> None:
    database = world.component("db", "d", stage=0)
    application = world.component("api", "a", "b", stage=1)
    world.save(world.plan_of(database, application))
    assert [world.do()[0], world.do("restore")[0]] == [0, 0]
    there = ["db.d.switch", "api.a.switch", "api.b.switch"]
    assert order(world, "rollback.sh") == there
    assert order(world, "restore.sh") == there[::-1]
    assert runs.state(world.run) == "restored"


def test_a_later_stage_is_not_started_after_a_failure(world: World) -> None:
    database = failing(world, "db", "d", stage=0)
    world.save(world.plan_of(database, world.component("api", "a", stage=1)))
    exit, said = world.do()
    assert exit == 5 and "Switch a to v1: skipped, an earlier step failed" in said
    assert (world.release("a"), order(world, "rollback.sh")) == ("v2", ["db.d.switch"])


def test_components_of_one_stage_do_not_wait_for_each_other(world: World) -> None:
    first = failing(world, "api", "a", stage=0)
    second = world.component("web", "b", stage=0)
    waves = (world.step("c", "web", wave=1),)
    world.file("c").write_text("v2\n")
    second = replace(second, steps=(*second.steps, *waves))
    world.save(world.plan_of(first, second, world.component("docs", "d", stage=1)))
    assert world.do()[0] == 5
    assert [world.release(name) for name in "abcd"] == ["v2", "v1", "v1", "v2"]


def test_a_later_wave_waits_for_its_own_component_only(world: World) -> None:
    first = failing(world, "api", "a", "b", stage=0)
    first = replace(first, steps=(first.steps[0], replace(first.steps[1], wave=1)))
    world.save(world.plan_of(first, world.component("web", "c")))
    assert world.do()[0] == 5
    assert [world.release(name) for name in "abc"] == ["v2", "v2", "v1"]


def test_a_restore_that_fails_leaves_the_earlier_stages_alone(world: World) -> None:
    application = world.component("api", "a", stage=1)
    broken = replace(application.steps[0], undo=Undo("Switch a back", FAILS), deadline=4)
    world.save(world.plan_of(world.component("db", "d"), replace(application, steps=(broken,))))
    assert [world.do()[0], world.do("restore")[0]] == [0, 5]
    assert (world.release("a"), world.release("d")) == ("v1", "v1")
    assert runs.state(world.run) == "unfinished"


def test_a_restart_that_fails_in_a_restore_keeps_back_no_other_undo(world: World) -> None:
    """The release is back by then; whatever else can be undone is, and the failure is reported."""
    application = world.component("api", "a", stage=1)
    again = Undo("Restart a again", FAILS, last=True)
    restart = Step("api.restart", "Restart a", sh("true"), undo=again, deadline=4)
    application = replace(application, steps=(*application.steps, restart))
    world.save(world.plan_of(world.component("db", "d"), application))
    assert world.do()[0] == 0
    exit, said = world.do("restore")
    assert (exit, world.release("a"), world.release("d")) == (5, "v2", "v2"), said
    assert "step api.restart failed" in said and "skipped" not in said
    assert runs.state(world.run) == "unfinished"


def test_the_last_undos_of_a_component_run_before_those_of_the_next(world: World) -> None:
    def with_restart(id: str, name: str, stage: int) -> Component:
        component = world.component(id, name, stage=stage)
        again = Undo(f"Restart {name} again", sh("true"), last=True)
        restart = Step(f"{id}.restart", f"Restart {name}", sh("true"), undo=again)
        return replace(component, steps=(restart, *component.steps))

    world.save(world.plan_of(with_restart("db", "d", 0), with_restart("api", "a", 1)))
    assert world.do()[0] == 0
    exit, said = world.do("restore")
    assert exit == 0
    assert order(world, "restore.sh") == [
        "api.a.switch",
        "api.restart",
        "db.d.switch",
        "db.restart",
    ]
    assert "[2/4] Restart a again" in said and "Switch d back to v2" in said


def test_what_a_killed_run_was_at_is_known_by_the_ids_of_its_moves(world: World) -> None:
    """A guard is a function of the same script, so it sees what the runner knows."""
    world.save(world.plan_of(world.component("db", "d"), world.component("api", "a", stage=1)))
    (world.run / "journal.jsonl").write_text(
        '{"at": "2026-11-25T10:00:00Z", "script": "rollback.sh", "step": "db.d.switch", "event": "start", "exit": null}\n'
    )
    world.file("a").write_text("")
    assert world.do()[0] == 10, "nobody was at a"
    world.file("a").write_text("v2\n")
    world.file("d").write_text("")
    assert world.do()[0] == 0
    assert (world.release("d"), world.release("a")) == ("v1", "v1")
