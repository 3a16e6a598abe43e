"""The locks of a script: two runs at once are one; that of several machines is taken first, given back whatever failed, never left out."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from scripted import World, sh, wait_for, world

from rollback.model import Plan, Step
from rollback.records import run as runs

__all__ = ["world"]
pytestmark = pytest.mark.programs


def locked(world: World, *names: str, **changes: object) -> Plan:
    """Locked is a folder; who finds it there is locked out."""
    plan = world.plan(*names)
    take = Step(
        "lock.take",
        "Lock",
        sh("mkdir ../held || { echo held by ana; exit 9; }"),
        moves=(),
        deadline=10,
        lock="take",
    )
    free = Step("lock.free", "Unlock", sh("rmdir ../held"), moves=(), deadline=10, lock="free")
    return replace(plan, steps=(take, *(replace(step, **changes) for step in plan.steps), free))


@pytest.mark.parametrize("verb", ["execute", "restore"])
def test_the_lock_is_taken_first_and_given_back_last(world: World, verb: str) -> None:
    world.save(locked(world, "a", "b"))
    order = (
        [world.do()[0], "ab"]
        if verb == "execute"
        else [world.do()[0], world.do("restore")[0], "ba"]
    )
    names = [line.split()[1] for line in world.journal()[-7:]]
    assert names == [
        "lock.take",
        *(f"{name}.switch" for name in order[-1] for _ in range(2)),
        "lock.free",
        "lock.free",
    ], world.journal()  # type: ignore[union-attr]
    assert not set(order[:-1]) - {0}
    assert runs.state(world.run) == ("finished" if verb == "execute" else "restored")


def test_who_is_locked_out_has_begun_nothing(world: World) -> None:
    world.save(locked(world, "a"))
    (world.project / "held").mkdir()
    exit, said = world.do()
    assert (exit, world.journal(), world.release("a")) == (9, [], "v2") and "held by ana" in said
    assert runs.state(world.run) == "new"
    (world.project / "held").rmdir()
    assert world.do()[0] == 0


def test_the_lock_is_given_back_after_a_failure_and_taken_again_to_go_on(world: World) -> None:
    world.save(locked(world, "a", "b", do=sh("exit 1"), deadline=1))
    assert world.do()[0] == 5
    assert not (world.project / "held").exists()
    assert world.journal()[-1] == "rollback.sh lock.free done"
    assert runs.state(world.run) == "unfinished"


def test_where_it_is_is_read_again_under_the_lock(world: World) -> None:
    """Another machine was here between our first look and our lock."""
    plan = locked(world, "a")
    meanwhile = sh('mkdir ../held && echo v3 >"$1"', str(world.file("a")))
    world.save(replace(plan, steps=(replace(plan.steps[0], do=meanwhile), *plan.steps[1:])))
    exit, said = world.do()
    assert (exit, world.journal(), world.release("a")) == (10, [], "v3"), said
    assert not (world.project / "held").exists(), "and the lock is given back"
    assert runs.state(world.run) == "new"


def test_a_lock_that_cannot_be_taken_for_another_reason_changes_nothing_either(
    world: World,
) -> None:
    plan = locked(world, "a")
    world.save(
        replace(
            plan,
            steps=(replace(plan.steps[0], do=sh("echo no such server; exit 1")), *plan.steps[1:]),
        )
    )
    exit, said = world.do()
    assert (exit, world.journal(), world.release("a")) == (
        12,
        [],
        "v2",
    ) and "no such server" in said


def test_a_run_that_cannot_go_on_gives_back_what_it_held_when_it_was_killed(world: World) -> None:
    world.save(locked(world, "a"))
    (world.project / "held").mkdir()
    world.file("a").write_text("v3\n")
    assert (world.do("execute", None, "--where")[0], (world.project / "held").exists()) == (
        0,
        True,
    ), "a look changes nothing"
    assert (world.do()[0], (world.project / "held").exists()) == (10, False)


@pytest.mark.parametrize(
    ("meanwhile", "exit", "there"), [("true", 0, "v1"), ("echo held by ana >>../lost", 5, "v2")]
)
def test_between_its_steps_a_long_run_looks_after_its_lock(
    world: World, meanwhile: str, exit: int, there: str
) -> None:
    """And changes nothing more when somebody else has it by then."""
    plan = locked(world, "a", "b")
    take = sh("echo >>../taken; [ ! -e ../lost ] || { cat ../lost; exit 9; }")
    first = replace(plan.steps[1], do=sh(f'echo v1 >"$1"; {meanwhile}', str(world.file("a"))))
    free = replace(plan.steps[-1], do=sh("true"))
    world.save(replace(plan, steps=(replace(plan.steps[0], do=take), first, plan.steps[2], free)))
    script = world.run / "rollback.sh"
    text = script.read_text()
    assert text.count("-ge 120 ]") == 1
    script.write_text(text.replace("-ge 120 ]", "-ge 0 ]"))  # as if each step had taken minutes
    code, said = world.do()
    assert (code, world.release("a"), world.release("b")) == (exit, "v1", there), said
    assert len((world.project / "taken").read_text().splitlines()) == 3
    assert ("held by ana" in said) is (exit == 5)


def held(world: World) -> None:
    """A step that goes on when it is let go, however slow the machine is (and gives up after half a minute)."""
    slow = sh(
        'n=0; until [ -e go ] || [ $n = 300 ]; do sleep 0.1; n=$((n + 1)); done; echo v1 >"$1"',
        str(world.file("a")),
        timeout=60,
    )
    world.save(world.plan("a", steps=[world.step("a", 0, do=slow, deadline=90)]))


def test_two_runs_at_once_are_one(world: World) -> None:
    held(world)
    first = world.start()
    wait_for(lambda: world.journal())
    exit, said = world.do()
    assert exit == 9 and "locked by rollback.sh" in said
    (world.run / "go").touch()
    assert first.communicate(timeout=20) and first.returncode == 0 and world.release("a") == "v1"


def test_what_a_killed_run_left_behind_keeps_the_lock(world: World) -> None:
    held(world)
    first = world.start()
    wait_for(lambda: world.journal())
    first.kill()
    first.communicate()
    assert world.do()[0] == 9
    (world.run / "go").touch()
    wait_for(lambda: world.release("a") == "v1")
    wait_for(lambda: world.do()[0] == 0)  # 9 for as long as what was left behind lives
    assert runs.state(world.run) == "finished"


def test_a_server_that_a_step_left_running_does_not_lock_the_next_run_out(world: World) -> None:
    starts = sh('echo v1 >"$1"; sleep 5 >/dev/null 2>&1 &', str(world.file("a")))
    world.save(world.plan("a", steps=[world.step("a", 0, do=starts)]))
    assert world.do()[0] == 0
    assert world.do()[0] == 0
