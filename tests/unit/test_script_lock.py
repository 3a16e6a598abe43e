"""The locks of a script: two runs at once are one; that of several machines is taken first, given back whatever failed, never left out."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from scripted import World, sh, wait_for, with_app, world

from rollback.model import DIRECTIONS, Lock, Plan, Undo, Verb
from rollback.records import run as runs

__all__ = ["world"]
pytestmark = pytest.mark.programs


def folder_lock(name: str, component: str = "app", **changes: object) -> Lock:
    """Locked is a folder; who finds it there is locked out."""
    take = sh(f"mkdir ../{name} || {{ echo {name} by ana; exit 9; }}")
    lock = Lock(f"{component}.{name}", f"Lock {name}", take, sh(f"rmdir ../{name}"), 10)
    return replace(lock, **changes)


def locked(
    world: World, *names: str, locks: tuple[Lock, ...] = (folder_lock("held"),), **changes: object
) -> Plan:
    steps = [world.step(name, **changes) for name in names]
    return with_app(world.plan(*names, steps=steps), locks=locks)


@pytest.mark.parametrize("verb", DIRECTIONS)
def test_the_lock_is_taken_first_and_given_back_last(world: World, verb: str) -> None:
    world.save(locked(world, "a", "b"))
    order = (
        [world.do()[0], "ab"]
        if verb == "execute"
        else [world.do()[0], world.do("restore")[0], "ba"]
    )
    names = [line.split()[1] for line in world.journal()[-7:]]
    assert names == [
        "app.held.take",
        *(f"app.{name}.switch" for name in order[-1] for _ in range(2)),
        "app.held.release",
        "app.held.release",
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
    assert world.journal()[-1] == "rollback.sh app.held.release done"
    assert runs.state(world.run) == "unfinished"


def test_where_it_is_is_read_again_under_the_lock(world: World) -> None:
    """Another machine was here between our first look and our lock."""
    meanwhile = sh('mkdir ../held && echo v3 >"$1"', str(world.file("a")))
    world.save(locked(world, "a", locks=(folder_lock("held", take=meanwhile),)))
    exit, said = world.do()
    assert (exit, world.journal(), world.release("a")) == (10, [], "v3"), said
    assert not (world.project / "held").exists(), "and the lock is given back"
    assert runs.state(world.run) == "new"


def test_a_lock_that_cannot_be_taken_for_another_reason_changes_nothing_either(
    world: World,
) -> None:
    broken = folder_lock("held", take=sh("echo no such server; exit 1"))
    world.save(locked(world, "a", locks=(broken,)))
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
    take = sh("echo >>../taken; [ ! -e ../lost ] || { cat ../lost; exit 9; }")
    plan = locked(world, "a", "b", locks=(folder_lock("held", take=take, release=sh("true")),))
    first = replace(plan.steps[0], do=sh(f'echo v1 >"$1"; {meanwhile}', str(world.file("a"))))
    world.save(with_app(plan, steps=(first, plan.steps[1])))
    script = world.run / "runner.sh"
    text = script.read_text()
    assert text.count("-ge 120 ]") == 1
    script.write_text(text.replace("-ge 120 ]", "-ge 0 ]"))  # as if each step had taken minutes
    code, said = world.do()
    assert (code, world.release("a"), world.release("b")) == (exit, "v1", there), said
    assert len((world.project / "taken").read_text().splitlines()) == 3
    assert ("held by ana" in said) is (exit == 5)


TWO = (folder_lock("one"), folder_lock("two"))


def locks_of(world: World) -> list[bool]:
    return [(world.project / name).exists() for name in ("one", "two")]


@pytest.mark.parametrize("verb", DIRECTIONS)
@pytest.mark.parametrize("fails", [False, True])
def test_several_locks_are_taken_in_order_and_released_whatever_failed(
    world: World, verb: Verb, fails: bool
) -> None:
    plan = locked(world, "a", locks=TWO)
    if verb == "restore":
        step = replace(plan.steps[0], undo=Undo("Break", sh("exit 1"))) if fails else plan.steps[0]
        world.save(with_app(plan, steps=(step,)))
        assert world.do()[0] == 0
    else:
        step = replace(plan.steps[0], do=sh("exit 1"), deadline=1) if fails else plan.steps[0]
        world.save(with_app(plan, steps=(step,)))
    before = len(world.journal())
    assert world.do(verb)[0] == (5 if fails else 0)
    assert [line.partition(" ")[2] for line in world.journal()[before:]] == [
        "app.one.take done",
        "app.two.take done",
        "app.a.switch start",
        f"app.a.switch {'failed' if fails else 'done'}",
        *(f"app.{name}.release {event}" for name in ("two", "one") for event in ("start", "done")),
    ]
    assert locks_of(world) == [False, False]


def test_when_the_second_lock_is_refused_the_first_is_released(world: World) -> None:
    world.save(locked(world, "a", locks=TWO))
    (world.project / "two").mkdir()
    exit, said = world.do()
    assert (exit, locks_of(world), world.journal()) == (9, [False, True], []), said
    assert "two by ana" in said and world.release("a") == "v2"
    (world.project / "two").rmdir()
    assert (world.do()[0], locks_of(world), world.release("a")) == (0, [False, False], "v1")


def test_a_run_in_the_middle_keeps_no_lock_while_it_waits_for_another(world: World) -> None:
    world.save(locked(world, "a", locks=TWO))
    row = '{"at": "x", "script": "rollback.sh", "step": "app.a.switch", "event": "start", "exit": null}'
    (world.run / "journal.jsonl").write_text(f"{row}\n")
    (world.project / "two").mkdir()
    assert (world.do()[0], locks_of(world)) == (9, [False, True])


def test_when_one_of_several_locks_cannot_be_released_the_others_are(world: World) -> None:
    stuck = folder_lock("two", release=sh("echo no route to host; exit 1"))
    world.save(locked(world, "a", locks=(TWO[0], stuck)))
    exit, said = world.do()
    assert (exit, locks_of(world), world.release("a")) == (5, [False, True], "v1")
    assert "step app.two.release failed" in said and "no route to host" in said
    assert runs.state(world.run) == "unfinished"


def test_a_killed_restore_of_a_finished_run_is_known_to_hold_its_lock(world: World) -> None:
    """Its last take is younger than the release that the rollback wrote down."""
    world.save(locked(world, "a"))
    assert world.do()[0] == 0
    row = '{"at": "x", "script": "restore.sh", "step": "app.held.take", "event": "done", "exit": 0}'
    with open(world.run / "journal.jsonl", "a") as journal:
        journal.write(f"{row}\n")
    (world.project / "held").mkdir()
    world.file("a").unlink()  # cannot be read
    assert (world.do("restore")[0], (world.project / "held").exists()) == (12, False)


def test_reading_modes_show_the_locks_and_take_none(world: World) -> None:
    world.save(locked(world, "a", locks=TWO))
    for word in ("--list", "--dry-run"):
        said = world.do("execute", "", word)[1]
        order = ["lock: Lock one", "lock: Lock two", "[1/1] Switch a to v1", "unlock: Lock one"]
        assert sorted(order, key=said.index) == order
    assert locks_of(world) == [False, False]


def held(world: World) -> None:
    """A step that says when it runs and goes on when it is let go, however slow the machine is (and gives up after half a minute)."""
    slow = sh(
        ': >at-work; n=0; until [ -e go ] || [ $n = 300 ]; do sleep 0.1; n=$((n + 1)); done; echo v1 >"$1"',
        str(world.file("a")),
        timeout=60,
    )
    world.save(world.plan("a", steps=[world.step("a", do=slow, deadline=90)]))


def test_two_runs_at_once_are_one(world: World) -> None:
    held(world)
    first = world.start()
    wait_for(lambda: world.journal())
    exit, said = world.do()
    assert exit == 9 and "locked by rollback.sh" in said and "fix: wait for it to end" in said
    (world.run / "go").touch()
    assert first.communicate(timeout=20) and first.returncode == 0 and world.release("a") == "v1"


def test_what_a_killed_run_left_behind_keeps_the_lock(world: World) -> None:
    held(world)
    first = world.start()
    wait_for(lambda: (world.run / "at-work").exists())  # before that a kill leaves nothing behind
    first.kill()
    first.communicate()
    exit, said = world.do()
    file = world.project / ".claude/deployment-rollback/lock"
    assert exit == 9 and f"(pid {first.pid}); that process is gone" in said, said
    assert f"find it with fuser {file} or lsof {file}" in said
    (world.run / "go").touch()
    wait_for(lambda: world.release("a") == "v1")
    wait_for(lambda: world.do()[0] == 0)  # 9 for as long as what was left behind lives
    assert runs.state(world.run) == "finished"


def test_a_server_that_a_step_left_running_does_not_lock_the_next_run_out(world: World) -> None:
    starts = sh('echo v1 >"$1"; sleep 5 >/dev/null 2>&1 &', str(world.file("a")))
    world.save(world.plan("a", steps=[world.step("a", do=starts)]))
    assert world.do()[0] == 0
    assert world.do()[0] == 0
