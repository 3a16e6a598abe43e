"""What the script of a stack does with what `aws` prints, in cases that no emulator shows."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from pathlib import Path

import pytest

from rollback.infrastructure.cloudformation import changes, leftovers
from rollback.script import functions

pytestmark = pytest.mark.programs
TEMPLATES = functions.LIBRARIES.parent
STACK = "arn:aws:cloudformation:eu-central-1:1:stack/shop/1"
CALLER = f"--region eu-central-1 --stack {STACK} --template t --parameters p --capabilities 'CAPABILITY_IAM CAPABILITY_AUTO_EXPAND'"
ROW = {"LogicalResourceId": "Mail", "PhysicalResourceId": "arn:m", "ResourceType": "AWS::SNS::Topic", "Action": "Remove"}  # fmt: skip
HASH = hashlib.sha256(changes.lines([ROW]).encode()).hexdigest()
BEFORE, AFTER = "2026-11-03T09:30:00", "2026-12-01T03:00:00"
LINE = f"changes {HASH} since {BEFORE} of {STACK}"
# answers by operation: the nth line for the nth call, the last one for all after it
AWS = """\
#!/bin/sh
printf '%s\\n' "$*" >>"$FOLDER/calls"
name=$2
case "$*" in *Changes*) name=changes ;; esac
file=$FOLDER/$name
[ -e "$file" ] || exit 0
echo x >>"$file.count"
count=$(wc -l <"$file.count") lines=$(wc -l <"$file")
[ "$count" -le "$lines" ] || count=$lines
line=$(sed -n "${count}p" "$file")
case $line in
  !*) echo "${line#!}" >&2; exit 254 ;;
  *) printf '%b\\n' "$line" ;;
esac
"""
READY = {
    "create-change-set": ["arn:set"],
    "describe-change-set": ["CREATE_PENDING\\tNone", "CREATE_COMPLETE\\tNone"],
    "changes": [changes.lines([ROW]).strip().replace("\t", "\\t")],
}


def run(
    folder: Path, command: str, answers: dict[str, list[str]]
) -> subprocess.CompletedProcess[str]:
    aws = folder / "aws"
    aws.write_text(AWS)
    aws.chmod(0o755)
    for name, lines in answers.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
    script = (
        f". {TEMPLATES}/runner.sh; . {TEMPLATES}/functions/cloudformation.sh\n"
        f"sleep() {{ SECONDS=$((SECONDS + $1)); }}\nAWS={aws} OUTPUT={folder}/output\n{command}"
    )
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{script}"],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "FOLDER": str(folder)},
        timeout=60,
    )


def stack(*states: str) -> list[str]:
    return [state.replace(" ", "\\t") for state in states]


def apply(
    folder: Path, *states: str, approved: str = LINE, **more: list[str]
) -> tuple[int, str, list[str]]:
    answers = {**READY, "describe-stacks": stack(*states), **{k.replace("_", "-"): v for k, v in more.items()}}  # fmt: skip
    done = run(folder, f"cloudformation_apply '{approved}' {CALLER}", answers)
    calls = [line.split()[1] for line in (folder / "calls").read_text().splitlines()]
    return done.returncode, done.stdout + done.stderr, calls


def test_the_line_is_that_of_the_plan_and_the_change_set_is_removed(tmp_path: Path) -> None:
    """The plan reads with botocore, the script with the command line, to the second."""
    answers = {**READY, "describe-stacks": stack(f"UPDATE_COMPLETE {BEFORE}.154Z")}
    done = run(tmp_path, f"cloudformation_changes {CALLER}", answers)
    assert done.stdout == f"{LINE}\n", done.stderr
    calls = (tmp_path / "calls").read_text()
    assert "delete-change-set --change-set-name arn:set" in calls
    assert "--capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND" in calls


def test_an_update_is_waited_for_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    states = (
        f"UPDATE_COMPLETE {BEFORE}",
        f"UPDATE_COMPLETE {BEFORE}",
        f"UPDATE_IN_PROGRESS {AFTER}",
        f"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS {AFTER}",
        f"UPDATE_COMPLETE {AFTER}",
    )
    status, _, calls = apply(tmp_path, *states)
    assert status == 0 and calls.count("execute-change-set") == 1
    assert calls.count("describe-stacks") == 5


def test_something_else_than_what_was_approved_is_not_executed(tmp_path: Path) -> None:
    status, text, calls = apply(tmp_path, f"UPDATE_COMPLETE {AFTER}")
    assert status == 1 and "nothing was changed" in text
    assert "execute-change-set" not in calls and "delete-change-set" in calls


def test_a_stack_that_somebody_changes_is_left_alone_with_9(tmp_path: Path) -> None:
    answers = {**READY, "describe-stacks": stack(f"UPDATE_IN_PROGRESS {BEFORE}")}
    done = run(tmp_path, f"cloudformation_changes {CALLER}", answers)
    assert done.returncode == 9 and not done.stdout
    assert "create-change-set" not in (tmp_path / "calls").read_text()


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", "the stack is as it was"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("UPDATE_FAILED", "the stack is UPDATE_FAILED"),
    ],
)
def test_an_update_that_failed_tells_where_the_stack_is_and_why(
    tmp_path: Path, end: str, words: str
) -> None:
    status, text, _ = apply(
        tmp_path, f"UPDATE_COMPLETE {BEFORE}", f"{end} {AFTER}", describe_stack_events=["Mail\\tis denied"]
    )  # fmt: skip
    assert status == 1 and words in text and "Mail\tis denied" in text


def test_an_update_that_never_begins_is_no_success(tmp_path: Path) -> None:
    status, text, _ = apply(tmp_path, f"UPDATE_COMPLETE {BEFORE}")
    assert status == 1 and "the stack is UPDATE_COMPLETE" in text


def test_a_refused_execution_removes_the_change_set(tmp_path: Path) -> None:
    status, text, calls = apply(tmp_path, f"UPDATE_COMPLETE {BEFORE}", execute_change_set=["!AccessDenied"])  # fmt: skip
    assert status == 1 and "AccessDenied" in text and calls[-1] == "delete-change-set"


def test_a_change_set_that_fails_for_another_reason_is_told(tmp_path: Path) -> None:
    answers = {**READY, "describe-stacks": stack(f"UPDATE_COMPLETE {BEFORE}"), "describe-change-set": ["FAILED\\tRequires capabilities"]}  # fmt: skip
    done = run(tmp_path, f"cloudformation_changes {CALLER}", answers)
    assert done.returncode == 1 and "Requires capabilities" in done.stderr and not done.stdout


BUSY = (
    "!An error occurred (ValidationError): Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated.",
    "!An error occurred (OperationInProgressException): another operation is in progress",
)


@pytest.mark.parametrize("step", ["create_change_set", "execute_change_set"])
@pytest.mark.parametrize("answer", BUSY)
def test_somebody_who_begins_an_update_at_that_very_moment_ends_it_with_9(
    tmp_path: Path, step: str, answer: str
) -> None:
    status, text, _ = apply(tmp_path, f"UPDATE_COMPLETE {BEFORE}", **{step: [answer]})
    assert (status, (tmp_path / "output.unchanged").exists()) == (9, True), text


@pytest.mark.parametrize(
    ("more", "unchanged"),
    [
        ({"approved": "something else"}, True),
        ({"execute_change_set": ["!InvalidChangeSetStatus: it is OBSOLETE"]}, True),
        ({"execute_change_set": ["!Could not connect"]}, False),
    ],
)
def test_what_was_surely_not_executed_changed_nothing(
    tmp_path: Path, more: dict[str, list[str]], unchanged: bool
) -> None:
    apply(tmp_path, f"UPDATE_COMPLETE {BEFORE}", **more)  # type: ignore[arg-type]
    assert (tmp_path / "output.unchanged").exists() is unchanged


def test_change_sets_of_killed_looks_are_deleted_and_no_others(tmp_path: Path) -> None:
    """Python names them as the script does, and both delete by the same rule."""
    ended = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True).stdout.strip()
    prefix, _, rest = leftovers.name().partition(str(os.getpid()))
    left = f"{prefix}{ended}{rest}"
    now, other = int(time.time()), "0" * 12
    old, new = (f"deployment-rollback-{at}-{other}-{ended}-7" for at in (now - 4000, now - 60))
    names = [left, leftovers.name(), old, new, "deployment-rollback-of-the-shop", "theirs"]
    answers = {**READY, "describe-stacks": stack(f"UPDATE_COMPLETE {BEFORE}"), "list-change-sets": [" ".join(names)]}  # fmt: skip
    done = run(tmp_path, f"cloudformation_changes {CALLER}", answers)
    calls = (tmp_path / "calls").read_text()
    assert done.stdout == f"{LINE}\n", done.stderr
    gone = [
        name
        for name in names
        if f"delete-change-set --stack-name shop --change-set-name {name} " in calls
    ]
    assert gone == [left, old] == [name for name in names if leftovers._is_left(name)]


def test_a_look_that_is_ended_while_it_waits_takes_its_change_set_along(tmp_path: Path) -> None:
    answers = {**READY, "describe-stacks": stack(f"UPDATE_COMPLETE {BEFORE}"), "describe-change-set": ["CREATE_PENDING\\tNone"]}  # fmt: skip
    run(tmp_path, f"sleep() {{ kill $$; }}\ncloudformation_changes {CALLER}", answers)
    calls = (tmp_path / "calls").read_text().splitlines()
    made = next(line for line in calls if "create-change-set" in line).split()[5]
    assert f"delete-change-set --stack-name shop --change-set-name {made} " in calls[-1]
