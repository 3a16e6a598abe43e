"""kill -9 anywhere, then run it again: the same end as an undisturbed run."""

from __future__ import annotations

import hashlib
import time

import pytest
from scripted import World, sh, wait_for, world

from rollback.errors import Locked
from rollback.model import Probe, Step, Undo
from rollback.records import lock
from rollback.records import run as runs

__all__ = ["world"]
pytestmark = pytest.mark.programs

# counts its calls and kills the script that called it at one of them; the scripts ask for the date before every line they write
KILLER = """n=$(($(cat "$HOME/calls" 2>/dev/null || echo 0) + 1)); echo $n >"$HOME/calls"
caller=$PPID
while [ "$(cat /proc/$caller/comm)" != bash ] || [ "$(cat /proc/$(sed -n 's/^PPid:\\t//p' /proc/$caller/status)/comm)" = bash ]; do
  caller=$(sed -n 's/^PPid:\\t//p' /proc/$caller/status)
done
[ "$n" != "$(cat "$HOME/at" 2>/dev/null)" ] || { rm "$HOME/at"; kill -9 "$caller"; }
"""


def with_killer(world: World, at: int, program: str = "date") -> None:
    (world.home / "calls").unlink(missing_ok=True)
    (world.home / "at").write_text(str(at))
    world.tool(program, KILLER + f'exec /bin/{program} "$@"')


def plan_of(world: World) -> None:
    """Two switches and, between them, a restart whose effect can be seen."""
    restarted = world.file("restarted")
    restart = sh('cat "$1" >"$2"', str(world.file("a")), str(restarted))
    step = Step(
        "app.restart",
        "Restart a",
        restart,
        None,
        Undo("Restart a", restart, last=True),
        moves=("app.a",),
        deadline=10,
    )
    world.save(world.plan("a", "b", steps=[world.step("a"), step, world.step("b")]))


def end(world: World) -> tuple[str, str, str, str]:
    return world.release("a"), world.release("b"), world.release("restarted"), runs.state(world.run)


def settle(world: World, verb: str) -> str:
    """Start it until it ends by itself; what a killed start left behind may still hold the lock for a moment."""
    said = ""
    for _ in range(20):
        exit, more = world.do(verb)
        said += more
        if exit == 0:
            return said
        assert exit in (-9, 137, 9), said
        time.sleep(0.1)
    raise AssertionError(said)


@pytest.mark.parametrize("at", range(1, 14))
def test_killed_before_any_line_of_the_journal_it_resumes_to_the_same_end(
    world: World, at: int
) -> None:
    plan_of(world)
    with_killer(world, at)
    said = settle(world, "execute")
    assert end(world) == ("v1", "v1", "v1", "finished"), said
    with_killer(world, at)
    said = settle(world, "restore")
    assert end(world) == ("v2", "v2", "v2", "restored"), said


def test_the_killer_does_kill(world: World) -> None:
    plan_of(world)
    with_killer(world, 6)
    assert world.do()[0] == -9
    assert not (world.home / "at").exists() and world.journal()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_within_a_command_it_resumes_to_the_same_end(world: World, moment: str) -> None:
    kill = 'p=$(sed -n "s/^PPid:\\t//p" /proc/$PPID/status); test -e "$2" || { touch "$2"; kill -9 $p; sleep 0.3; }'
    write = 'echo v1 >"$1"'
    both = f"{kill}; {write}" if moment == "before" else f"{write}; {kill}"
    step = world.step("a", do=sh(both, str(world.file("a")), str(world.file("once"))))
    world.save(world.plan("a", steps=[step]))
    said = settle(world, "execute")
    assert (world.release("a"), runs.state(world.run)) == ("v1", "finished"), said


def test_a_move_that_a_killed_run_left_with_nothing_in_place_is_repaired(world: World) -> None:
    breaks = sh('test -e "$2" || { touch "$2"; : >"$1"; kill -9 "$(sed -n "s/^PPid:\\t//p" /proc/$PPID/status)"; exit 1; }; echo v1 >"$1"',
                str(world.file("a")), str(world.file("once")))  # fmt: skip
    world.save(world.plan("a", steps=[world.step("a", do=breaks)]))
    world.do()
    assert world.release("a") == ""
    settle(world, "execute")
    assert world.release("a") == "v1"


def test_nothing_in_place_is_drift_when_no_step_was_at_it(world: World) -> None:
    world.save(world.plan("a"))
    world.file("a").write_text("")
    assert world.do()[0] == 10


def test_a_line_that_was_cut_is_closed_before_the_next(world: World) -> None:
    world.save(world.plan("a"))
    (world.run / "journal.jsonl").write_text(
        '{"at": "2026-11-25T04:41:29Z", "script": "rollback.sh", "st'
    )
    assert world.do()[0] == 0
    assert (
        runs.state(world.run) == "finished"
        and len((world.run / "journal.jsonl").read_text().splitlines()) == 3
    )


def test_output_of_a_killed_command_is_kept_in_the_log(world: World) -> None:
    talks = sh(
        'echo "half way"; test -e "$1" || { touch "$1"; kill -9 "$(sed -n "s/^PPid:\\t//p" /proc/$PPID/status)"; }',
        str(world.file("once")),
    )
    proof = Probe(sh('test -e "$1" && echo yes', str(world.file("once"))), "yes")
    world.save(world.plan("a", steps=[Step("app.talk", "Talk", talks, proof)]))
    world.do()
    settle(world, "execute")
    assert (world.run / "rollback.log").read_text().count("half way") >= 1


def test_what_a_killed_proof_had_read_is_kept_nowhere(world: World) -> None:
    """It may be a whole template, with the values that stand in it."""
    kill = 'test -e "$2" || { touch "$2"; kill -9 "$(sed -n "s/^PPid:\\t//p" /proc/$PPID/status)"; sleep 0.3; }'
    reads = sh(
        f'printf "token%s $(cat "$1")\\n" -in-clear; grep -q v2 "$1" || {kill}',
        str(world.file("a")),
        str(world.file("once")),
    )
    proof = Probe(reads, hashlib.sha256(b"salttoken-in-clear v1").hexdigest(), "salt")
    world.save(world.plan("a", steps=[world.step("a", proof=proof)]))
    assert world.do()[0] == -9
    settle(world, "execute")
    assert [
        file.name
        for file in world.run.iterdir()
        if file.is_file() and b"token-in-clear" in file.read_bytes()
    ] == []


def test_the_lock_is_free_after_a_kill_once_the_command_has_ended(world: World) -> None:
    begun = world.root / "begun"
    slow = sh('touch "$2"; sleep 1; echo v1 >"$1"', str(world.file("a")), str(begun))
    world.save(world.plan("a", steps=[world.step("a", do=slow)]))
    process = world.start()
    wait_for(begun.exists)
    process.kill()
    assert not free(world)
    wait_for(lambda: free(world))
    assert world.release("a") == "v1"


def free(world: World) -> bool:
    try:
        with lock.hold(world.project, "a test"):
            return True
    except Locked:
        return False
