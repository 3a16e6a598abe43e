"""Rendered scripts under real bash: prove, do, prove; what fails, what is left out, what is written down."""

from __future__ import annotations

import os
import re
import signal
import stat
from datetime import datetime, time, timezone
from pathlib import Path

import pytest
from scripted import World, sh, wait_for, world

from rollback.model import Command, Probe, Step, Undo
from rollback.records import run as runs

__all__ = ["world"]
pytestmark = pytest.mark.programs


def test_every_step_is_done_proven_and_journalled(world: World) -> None:
    world.save(world.plan("a", "b"))
    exit, said = world.do()
    assert (exit, world.release("a"), world.release("b")) == (0, "v1", "v1"), said
    assert world.journal() == [
        f"rollback.sh app.{name}.switch {event}" for name in "ab" for event in ("start", "done")
    ]
    assert runs.state(world.run) == "finished"


def test_the_way_back_undoes_in_reverse_order(world: World) -> None:
    world.save(world.plan("a", "b"))
    world.do()
    exit, said = world.do("restore")
    assert (exit, world.release("a"), world.release("b")) == (0, "v2", "v2"), said
    assert world.journal()[4:] == [
        f"restore.sh app.{name}.switch {event}" for name in "ba" for event in ("start", "done")
    ]
    assert runs.state(world.run) == "restored"


def test_running_it_again_is_already_there(world: World) -> None:
    world.save(world.plan("a"))
    world.do()
    before = world.journal()
    exit, said = world.do()
    assert exit == 0 and "already there" in said and world.journal() == before


def test_what_somebody_else_already_did_is_nothing_to_do(world: World) -> None:
    world.save(world.plan("a", steps=[world.step("a", proof=None)]))
    world.file("a").write_text("v1\n")
    exit, said = world.do()
    assert exit == 0 and "already there" in said and world.journal() == []


def test_an_exit_status_of_zero_is_no_proof(world: World) -> None:
    world.save(world.plan("a", steps=[world.step("a", do=Command(("true",)), deadline=4)]))
    exit, said = world.do()
    assert (
        exit == 5
        and "its check did not pass within 4 s" in said
        and world.journal()[-1] == "rollback.sh app.a.switch failed"
    )


def test_a_proof_is_polled_until_it_holds(world: World) -> None:
    late = sh('(sleep 1; echo v1 >"$1") >/dev/null 2>&1 &', str(world.file("a")))
    world.save(world.plan("a", steps=[world.step("a", do=late)]))
    assert world.do()[0] == 0 and world.release("a") == "v1"


def test_a_failing_step_shows_its_command_status_last_lines_and_fix(world: World) -> None:
    world.save(
        world.plan(
            "a", steps=[world.step("a", do=sh("echo first; echo no such image >&2; exit 7"))]
        )
    )
    exit, said = world.do()
    assert exit == 5
    for part in ("step app.a.switch failed (exit status 7)", "no such image", "sh -c", "fix: "):
        assert part in said
    assert "no such image" in (world.run / "rollback.log").read_text()


def test_a_failing_undo_says_what_helps_and_names_no_further_undo(world: World) -> None:
    undo = Undo("Switch a back to v2", Command(("false",)))
    world.save(world.plan("a", steps=[world.step("a", undo=undo)]))
    assert world.do()[0] == 0
    exit, said = world.do("restore")
    (fix,) = (line for line in said.splitlines() if line.startswith("  fix: "))
    again = f"then run it again: bash {world.run / 'restore.sh'}; or make a new plan"
    assert exit == 5 and fix.startswith("  fix: correct the cause shown above") and again in fix


def test_a_failing_line_inside_a_step_is_not_hidden(world: World) -> None:
    world.save(
        world.plan("a", steps=[Step("app.x", "two lines", sh("set -e; false; echo reached"))])
    )
    assert world.do()[0] == 5 and "reached" not in (world.run / "rollback.log").read_text()


def test_later_steps_of_a_failed_move_are_left_out_and_other_moves_go_on(world: World) -> None:
    broken = world.step("a", do=Command(("false",)))
    restart = Step(
        "app.a.restart",
        "Restart a",
        sh('echo yes >"$1"', str(world.file("restarted"))),
        moves=("app.a",),
    )
    world.save(world.plan("a", "b", steps=[broken, restart, world.step("b")]))
    exit, said = world.do()
    assert exit == 5 and "skipped, an earlier step failed" in said
    assert (world.release("a"), world.release("b"), world.file("restarted").exists()) == (
        "v2",
        "v1",
        False,
    )


def test_later_waves_are_not_started_after_a_failure(world: World) -> None:
    steps = [
        world.step("a", do=Command(("false",))),
        world.step("b"),
        world.step("c", wave=1),
    ]
    world.save(world.plan("a", "b", "c", steps=steps))
    assert world.do()[0] == 5
    assert (world.release("b"), world.release("c")) == ("v1", "v2")


def test_a_command_that_hangs_is_ended_at_its_deadline(world: World) -> None:
    world.save(world.plan("a", steps=[world.step("a", do=sh("sleep 60 & wait"), deadline=1)]))
    exit, said = world.do()
    assert exit == 5 and "timed out after 1 s" in said


def test_only_what_was_begun_is_taken_back(world: World) -> None:
    world.save(
        world.plan(
            "a",
            "b",
            steps=[world.step("a", do=Command(("false",)), wave=0), world.step("b", wave=1)],
        )
    )
    world.do()
    exit, said = world.do("restore")
    assert exit == 0 and "b" not in "".join(
        line for line in world.journal() if "restore" in line
    ).replace("switch", ""), said


def test_a_step_that_holds_already_is_not_done_again(world: World) -> None:
    counts = sh('echo x >>"$1"; echo v1 >"$2"', str(world.file("count")), str(world.file("a")))
    world.save(
        world.plan(
            "a",
            "b",
            steps=[world.step("a", do=counts), world.step("b", do=Command(("false",)))],
        )
    )
    assert [world.do()[0] for _ in range(2)] == [5, 5]
    assert world.file("count").read_text() == "x\n"


def test_restart_without_proof_runs_again_when_the_run_goes_on(world: World) -> None:
    count = world.file("count")
    restart = Step("app.restart", "Restart", sh('echo x >>"$1"', str(count)), moves=("app.a",))
    once = sh('test -e "$1" || { touch "$1"; exit 1; }', str(world.file("once")))
    fails_once = Step(
        "app.mark", "Mark", once, moves=("app.a",), undo=Undo("Unmark", Command(("true",)))
    )
    world.save(world.plan("a", steps=[world.step("a"), restart, fails_once]))
    assert world.do()[0] == 5
    assert world.do()[0] == 0
    assert count.read_text() == "x\nx\n"


@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGINT, "INT"), (signal.SIGTERM, "TERM"), (signal.SIGHUP, "HUP")]
)
def test_a_signal_is_handed_to_the_command_and_the_run_can_go_on(
    world: World, number: int, name: str
) -> None:
    seen = world.file("seen")
    loop = "i=0; while [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done"
    ready = world.file("ready")  # it listens from now on
    trap = f'trap "echo {name} >$1; exit 9" {name}; : >"$2"; {loop}'
    slow = sh(trap, str(seen), str(ready))
    world.save(world.plan("a", steps=[world.step("a", do=slow, deadline=30)]))
    process = world.start()
    wait_for(ready.exists)
    os.kill(process.pid, number)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 130 and "the run can be resumed later" in said
    assert seen.read_text().strip() == name
    assert (
        world.journal()[-1] == "rollback.sh app.a.switch failed"
        and runs.state(world.run) == "unfinished"
    )


def test_what_a_run_writes_is_private_and_nothing_else_is_left(world: World) -> None:
    world.save(world.plan("a"))
    world.do()
    for name in ("journal.jsonl", "rollback.log"):
        assert stat.S_IMODE((world.run / name).stat().st_mode) == 0o600
    assert sorted(path.name for path in world.run.iterdir()) == [
        "journal.jsonl",
        "plan.json",
        "question.execute.txt",
        "question.restore.txt",
        "restore.sh",
        "rollback.log",
        "rollback.sh",
        "runner.sh",
        "state",
    ]


def test_values_of_named_variables_show_nowhere(world: World) -> None:
    leaks = Command(
        ("sh", "-c", 'echo "pass $TOKEN"; echo "again $TOKEN" >&2; exit 1'), variables=("TOKEN",)
    )
    world.save(world.plan("a", steps=[world.step("a", do=leaks)]))
    exit, said = world.do(TOKEN="s3cret-value")
    assert exit == 5 and "pass ***" in said
    assert (
        not [
            path
            for path in world.run.rglob("*")
            if path.is_file() and "s3cret-value" in path.read_text()
        ]
        and "s3cret-value" not in said
    )


def test_reading_modes_change_nothing(world: World) -> None:
    world.save(world.plan("a"))
    assert world.do("execute", "", "--where")[1] == "start\tapp.a\t0\tapp.a\tv2\n"
    assert "would run" in world.do("execute", "", "--dry-run")[1]
    assert "check: the release of a" in world.do("execute", "", "--list")[1]
    assert "usage: " in world.do("execute", "", "--help")[1]
    assert world.do("execute", "", "--nonsense")[0] == 2
    assert world.release("a") == "v2" and not (world.run / "journal.jsonl").exists()


def test_a_deadline_ends_it_resumable(world: World) -> None:
    world.save(
        world.plan(
            "a", "b", steps=[world.step("a", do=sh("sleep 30"), deadline=60), world.step("b")]
        )
    )
    exit, said = world.do(ROLLBACK_SECONDS="4")
    assert exit == 8 and runs.state(world.run) == "unfinished", said


def test_a_moved_run_folder_is_refused(world: World, tmp_path: Path) -> None:
    script = world.save(world.plan("a")) / "rollback.sh"
    text = script.read_bytes()
    world.run.rename(tmp_path / "elsewhere")
    world.run.mkdir()
    script.write_bytes(text)
    world.run.rename(tmp_path / "gone")
    world.run = tmp_path / "gone"
    assert world.do("execute", "", "--where")[0] == 2


def impatient(world: World) -> None:
    """Reports every second what it waits for, instead of every half minute."""
    runner = world.run / "runner.sh"
    text = runner.read_text()
    assert "reported)) -ge 30 ]" in text
    runner.write_text(text.replace("reported)) -ge 30 ]", "reported)) -ge 1 ]"))


def test_a_wait_names_what_it_waits_for_since_when_and_what_it_sees(world: World) -> None:
    world.save(world.plan("a", steps=[world.step("a", do=sh("true"), deadline=4)]))
    impatient(world)
    before = datetime.now(timezone.utc).replace(microsecond=0)
    exit, said = world.do()
    wait = re.search(
        r"still waiting for its check to pass since (\S+) UTC: it reads v2, not v1", said
    )
    assert exit == 5 and wait, said
    since = datetime.combine(before, time.fromisoformat(wait[1]), timezone.utc)
    assert since >= before


def test_a_command_that_takes_long_is_reported_with_its_last_line(world: World) -> None:
    slow = sh('echo "pulling layer 3"; sleep 3; echo v1 >"$1"', str(world.file("a")))
    world.save(world.plan("a", steps=[world.step("a", do=slow)]))
    impatient(world)
    exit, said = world.do()
    assert exit == 0 and re.search(
        r"still waiting for its command to end since .* UTC: pulling layer 3", said
    ), said


def test_what_is_compared_by_hash_shows_nowhere_while_it_waits(world: World) -> None:
    proof = Probe(Command(("cat", str(world.file("a"))), 10), "0" * 64, salt="5a17")
    world.save(world.plan("a", steps=[world.step("a", do=sh("true"), proof=proof, deadline=4)]))
    impatient(world)
    exit, said = world.do()
    assert exit == 5 and "still waiting for its check to pass" in said and "it reads" not in said
