"""When something is broken nothing is executed, and the reason is said; what is only unusual works."""

import shutil
import subprocess
import sys
from pathlib import Path

import faults
import pytest
from world import make

EXECUTE = [{"bash": "{next}"}, "done"]
BYPASS = "bypassPermissions"
FAULT = {"bash": "bash fault.sh"}  # what happens between the plan and the question


def not_executed(world, seen, reason):
    assert (world.live, world.started) == ("3", []), seen.results
    told = "\n".join([*seen.results, seen.said])
    assert reason in told, told[-3000:]
    assert "is a bug" not in told


def ask(world, text):
    (world.skill / "scripts/approve.py").write_text(text)


BROKEN = {
    "missing": (lambda world: (world.skill / "scripts/approve.py").unlink(), "approve.py"),
    "not Python": (lambda world: ask(world, "this is no Python"), "SyntaxError"),
    "failing": (lambda world: ask(world, "raise SystemExit(1)"), "No stderr output"),
    "killed": (lambda world: ask(world, "import os\nos.kill(os.getpid(), 9)"), "Killed"),
    "without a part of its own": (
        lambda world: (world.skill / "scripts/rollback/approval/run_folder.py").unlink(),
        "could not be asked",
    ),
    "printing something else": (
        lambda world: ask(world, "print('ok')"),
        "only the client's own question can approve this",
    ),
    "saying nothing": (
        lambda world: ask(world, ""),
        "only the client's own question can approve this",
    ),
    "hanging": (lambda world: hang(world), "only the client's own question can approve this"),
    "not in SKILL.md": (
        lambda world: without_hooks(world),
        "only the client's own question can approve this",
    ),
}


def hang(world):
    ask(world, "import time\ntime.sleep(60)")
    skill = world.skill / "SKILL.md"
    skill.write_text(
        skill.read_text(encoding="utf-8").replace("timeout: 30", "timeout: 1"), encoding="utf-8"
    )


def without_hooks(world):
    skill = world.skill / "SKILL.md"
    before, rest = skill.read_text(encoding="utf-8").split("hooks:\n", 1)
    skill.write_text(before + "---\n" + rest.split("\n---\n", 1)[1], encoding="utf-8")


@pytest.mark.parametrize("how", BROKEN)
def test_a_hook_that_is_broken_opens_nothing(world, how):
    opens_nothing(world, how)


@pytest.mark.parametrize("how", ["missing", "failing", "hanging", "saying nothing"])
def test_nor_does_it_in_the_older_client(tmp_path, installed, how):
    opens_nothing(make(tmp_path, installed, "older"), how)


def opens_nothing(world, how):
    breaks, reason = BROKEN[how]
    breaks(world)
    seen = world.run(EXECUTE, person="yes", mode=BYPASS)
    not_executed(world, seen, reason)
    assert not any("ROLL BACK" in str(one) for one in seen.asked)


@pytest.mark.parametrize("fault", ["a file", "read-only", "full"])
def test_a_state_folder_that_cannot_be_written_stops_the_plan_and_costs_no_request(world, fault):
    state = world.home / ".local/state/deployment-rollback"
    if fault == "a file":
        state.parent.mkdir(parents=True)
        state.write_text("")
        seen = world.run(EXECUTE, person="yes", mode=BYPASS)
    else:
        with faults.small(state, 16):
            faults.fill(state)
            subprocess.run(
                ["mount", "-o", "remount,ro" if fault == "read-only" else "remount", state],
                check=True,
            )
            seen = world.run(EXECUTE, person="yes", mode=BYPASS)
    not_executed(world, seen, "cannot be read or written")
    assert seen.requests == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("head -c 1000000 /dev/zero > {}/x; true", "No space left"),
        ("mount -o remount,ro {}", "Read-only"),
    ],
)
def test_a_state_folder_that_goes_bad_after_the_plan_leaves_nothing_to_approve(
    world, fault, reason
):
    state = world.home / ".local/state/deployment-rollback"
    with faults.small(state):
        (world.project / "fault.sh").write_text(fault.format(state))
        seen = world.run([FAULT, *EXECUTE], person="yes", mode=BYPASS)
    not_executed(world, seen, reason)
    assert seen.asked == []


def test_a_state_folder_that_cannot_be_written_any_more_when_the_person_says_yes_keeps_the_key_unused(
    world,
):
    state = world.home / ".local/state/deployment-rollback"

    def goes_bad(question):
        subprocess.run(["mount", "-o", "remount,ro", state], check=True)
        return "yes"

    with faults.small(state):
        not_executed(
            world, world.run(EXECUTE, person=goes_bad, mode=BYPASS), "could not be used up"
        )


def test_a_full_disk_stops_the_plan(world):
    with faults.small(world.project, 1024):
        faults.fill(world.project)
        seen = world.run(EXECUTE, person="yes", mode=BYPASS)
        not_executed(world, seen, "No space left on device")
    assert seen.requests == []


def test_a_disk_that_is_full_when_the_person_says_yes_stops_the_run(world):
    def fills(question):
        faults.fill(world.project)
        return "yes"

    with faults.small(world.project, 1024):
        not_executed(
            world, world.run(EXECUTE, person=fills, mode=BYPASS), "No space left on device"
        )


@pytest.fixture
def clock(tmp_path):
    return faults.Clock(tmp_path / "clock")


def at(clock):
    return clock.environment(f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin")


@pytest.mark.parametrize(
    ("seconds", "reason"), [(-3600, "clock was set back"), (7200, "has expired")]
)
def test_a_clock_that_jumps_after_the_plan_ends_it(world, clock, seconds, reason):
    (world.project / "fault.sh").write_text(f"echo {seconds} > {clock.file}")
    seen = world.run([FAULT, *EXECUTE], person="yes", mode=BYPASS, extra=at(clock))
    not_executed(world, seen, reason)
    assert seen.asked == []


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(-30, "clock was set back"), (1000, "older than 15 minutes")],
)
def test_a_clock_that_jumps_while_the_question_is_open_ends_the_key(world, clock, seconds, reason):
    def jumps(question):
        clock.set(seconds)
        return "yes"

    not_executed(world, world.run(EXECUTE, person=jumps, mode=BYPASS, extra=at(clock)), reason)


def test_a_clock_that_jumps_after_the_phrase_ends_the_phrase(world, clock):
    (world.project / "fault.sh").write_text(f"echo 1000 > {clock.file}")
    words = ["/deployment-rollback production previous", "ROLLBACK PRODUCTION"]
    seen = world.run(["told", FAULT, *EXECUTE], words, person="yes", mode=BYPASS, extra=at(clock))
    not_executed(world, seen, "type exactly ROLLBACK PRODUCTION")


def test_a_question_of_another_session_takes_the_key_of_the_first(world):
    def other_is_faster(question):
        second.append(world.run(EXECUTE, person="yes"))
        return "yes"

    second = []
    first = world.run(EXECUTE, person=other_is_faster)
    assert (world.live, len(world.started)) == ("2", 1), first.results
    assert "rolled-back" in second[0].results[0]
    assert "another question or run came after it" in first.results[0]


def test_a_key_that_another_session_replaced_starts_nothing_and_none_is_left(world):
    def meanwhile(question):
        world.run(EXECUTE, person=lambda question: (keys.extend(world.approvals), "no")[1])
        return "yes"

    keys = []
    not_executed(world, world.run(EXECUTE, person=meanwhile), "not on file")
    assert len(keys) == 1
    assert world.approvals == []  # its own session's turn has ended


@pytest.mark.parametrize("name", ["a shop", 'it\'s "our" shop', "$(touch PWNED)`x`; läden!"])
def test_a_project_path_may_hold_anything(tmp_path, installed, name):
    world = make(tmp_path, installed, project=name)
    seen = world.run(EXECUTE, person="yes")
    assert (world.live, len(seen.asked)) == ("2", 1), seen.results
    world.run(EXECUTE, "/deployment-rollback restore", person="yes")
    assert world.live == "3"
    assert not list(tmp_path.rglob("PWNED"))


def test_a_skill_folder_may_be_a_link_to_a_read_only_path_with_spaces_and_quotes(either, tmp_path):
    shutil.move(either.skill, tmp_path / "the company's skills")
    either.skill.symlink_to(tmp_path / "the company's skills")
    with faults.locked(tmp_path / "the company's skills"):
        seen = either.run(EXECUTE, person="yes")
    assert (either.live, len(seen.asked)) == ("2", 1), seen.results
