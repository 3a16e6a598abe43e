"""What a script does with what `aws` prints: a fake command line gives answers that no emulator does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rollback.script import functions

pytestmark = pytest.mark.programs
TEMPLATES = functions.LIBRARIES.parent
ARN = "arn:aws:ecs:eu-central-1:1:task-definition/shop:"
CALLER = "--region eu-central-1 --profile '' --cluster prod"
UNTOLD = "app runs what nothing tells the digest of: whether that is sha256:a is unknown"
# the nth line of a file for the nth call of an operation, the last one for all after it
AWS = """\
#!/bin/sh
echo "$*" >>"$FOLDER/calls"
file=$FOLDER/$2
[ -e "$file" ] || { echo "no answer for $2" >&2; exit 254; }
count=$(grep -c "^[a-z]* $2" "$FOLDER/calls")
lines=$(wc -l <"$file")
[ "$count" -le "$lines" ] || count=$lines
line=$(sed -n "${count}p" "$file")
case $line in
  !*) echo "An error occurred (${line#!})" >&2; exit 254 ;;
  *) printf '%b\\n' "$line" ;;
esac
"""


def look(
    number: int, state: str = "COMPLETED", up: int = 1, wanted: int = 1, others: int = 1
) -> str:
    """A line of describe-services as text, with real tabs written as \\t."""
    row = ("shop", "arn:service", f"{ARN}{number}", state, up, wanted, others, "")
    return "\\t".join(map(str, row))


def run(
    folder: Path, command: str, program: str = AWS, **answers: list[str]
) -> subprocess.CompletedProcess[str]:
    aws = folder / "aws"
    aws.write_text(program)
    aws.chmod(0o755)
    for name, lines in answers.items():
        (folder / name.replace("_", "-")).write_text("".join(f"{line}\n" for line in lines))
    script = (
        f". {TEMPLATES}/runner.sh; . {TEMPLATES}/libraries/ecs.sh; . {TEMPLATES}/functions/ecs.sh\n"
        f"sleep() {{ SECONDS=$((SECONDS + $1)); }}\nAWS={aws} OUTPUT={folder}/output\n{command}"
    )
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{script}"],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "FOLDER": str(folder)},
        timeout=60,
    )


def changes(folder: Path) -> list[str]:
    calls = (folder / "calls").read_text().splitlines()
    return [call for call in calls if " describe-" not in call and " list-" not in call]


def deploy(
    folder: Path, *looks: str, words: str = "", **answers: list[str]
) -> subprocess.CompletedProcess[str]:
    answers = {"update_service": [f"{ARN}7"], **answers}
    command = f"ecs_deploy {CALLER} --service shop --from {ARN}8 --to {ARN}7 {words}"
    return run(folder, command, describe_services=list(looks), **answers)


def serves(
    folder: Path, revisions: str, images: list[str], containers: str = "", **answers: list[str]
) -> subprocess.CompletedProcess[str]:
    """The proof, where one task runs the definition."""
    answers |= {"list_tasks": ["arn:t1"], "describe_service_revisions": images}
    answers["describe_tasks"] = [f"{ARN}7\\tRUNNING\\t{containers}"]
    command = f"ecs_serves {CALLER} --service shop --digests app=sha256:a"
    return run(folder, command, describe_services=[f"{look(7)}{revisions}"], **answers)


def test_a_read_that_is_older_than_the_change_is_no_rollback_by_ecs(tmp_path: Path) -> None:
    done = deploy(tmp_path, look(8), look(8), look(8), look(7, "IN_PROGRESS"), look(7))
    assert done.returncode == 0, done.stderr
    assert len(changes(tmp_path)) == 1


def test_ecs_that_goes_back_after_it_had_begun_fails_at_once(tmp_path: Path) -> None:
    done = deploy(tmp_path, look(8), look(7, "IN_PROGRESS"), look(8), "no image")
    assert done.returncode == 1 and "shop:8 is live again" in done.stderr


def test_ecs_that_never_begins_fails_after_a_while(tmp_path: Path) -> None:
    done = deploy(tmp_path, look(8))
    assert done.returncode == 1 and "does not keep shop:7" in done.stderr


def test_a_rollout_that_failed_before_is_begun_again(tmp_path: Path) -> None:
    done = deploy(tmp_path, look(7, "FAILED"), look(7, "IN_PROGRESS"), look(7))
    (change,) = changes(tmp_path)
    assert done.returncode == 0 and "--force-new-deployment" in change


def test_what_is_there_already_is_not_deployed_again(tmp_path: Path) -> None:
    assert deploy(tmp_path, look(7)).returncode == 0 and changes(tmp_path) == []


def test_what_somebody_else_deployed_is_left_alone(tmp_path: Path) -> None:
    done = deploy(tmp_path, look(9))
    assert done.returncode == 1 and "shop:9 is live" in done.stderr and changes(tmp_path) == []
    assert (tmp_path / "output.unchanged").exists()


def test_a_stop_that_is_refused_gives_way_to_a_deployment(tmp_path: Path) -> None:
    refused = ["!ConflictException) when calling StopServiceDeployment"]
    looks = (look(8, "IN_PROGRESS"), look(7))
    done = deploy(tmp_path, *looks, words="--running arn:d", stop_service_deployment=refused)
    assert done.returncode == 0, done.stderr
    assert [call.split()[1] for call in changes(tmp_path)] == [
        "stop-service-deployment",
        "update-service",
    ]


def test_a_refused_change_is_a_failure_with_the_words_of_aws(tmp_path: Path) -> None:
    done = deploy(tmp_path, look(8), update_service=["!AccessDeniedException) not authorized"])
    assert done.returncode != 0 and "AccessDeniedException" in done.stderr


def test_a_change_whose_answer_never_came_is_waited_for_if_it_was_made(tmp_path: Path) -> None:
    away = ["!Connection was closed before we received a valid response"]
    done = deploy(tmp_path, look(8), look(7, "IN_PROGRESS"), look(7), update_service=away)
    assert done.returncode == 0 and len(changes(tmp_path)) == 1, done.stderr


def test_a_few_reads_may_fail_while_ecs_works_and_not_all(tmp_path: Path) -> None:
    away = "!Could not connect"
    done = deploy(tmp_path, look(8), away, away, look(7))
    assert done.returncode == 0, done.stderr
    (tmp_path / "calls").unlink()
    assert deploy(tmp_path, look(8), away).returncode == 1


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (look(7), "shop:7 on every task"),
        (look(7, up=1, wanted=2), "shop:7 COMPLETED, 1 of 2 tasks run"),
        (look(7, "IN_PROGRESS"), "shop:7 IN_PROGRESS, 1 of 1 tasks run"),
        (look(7, others=2), "shop:7 COMPLETED, 1 of 1 tasks run"),
        (look(8), "shop:8 a task still runs"),
        (look(7, "None"), "shop:7 on every task"),
        (look(7, "None", others=2), "shop:7 IN_PROGRESS, 1 of 1 tasks run"),
    ],
)
def test_only_a_complete_rollout_with_its_tasks_is_proof(
    tmp_path: Path, row: str, expected: str
) -> None:
    answers = {"list_tasks": ["arn:t1"], "describe_tasks": [f"{ARN}7\\tRUNNING"]}
    done = run(tmp_path, f"ecs_serves {CALLER} --service shop", describe_services=[row], **answers)
    assert done.stdout.startswith(expected), done.stderr


@pytest.mark.parametrize(
    ("digest", "expected"),
    [
        ("sha256:a", "shop:7 on every task"),
        ("sha256:b", "shop:7 app runs sha256:b, not sha256:a"),
        ("-", f"shop:7 {UNTOLD}"),
    ],
)
def test_the_digests_of_two_revisions_are_compared(
    tmp_path: Path, digest: str, expected: str
) -> None:
    done = serves(tmp_path, "arn:aws:ecs:revision", [f"app\\t{digest}\\tshop:v7"])
    assert done.stdout.strip() == expected, done.stderr


@pytest.mark.parametrize("revisions", ["", "arn:aws:ecs:one arn:aws:ecs:two"])
def test_without_exactly_one_revision_the_digest_is_unknown_unless_the_tasks_tell_it(
    tmp_path: Path, revisions: str
) -> None:
    assert serves(tmp_path, revisions, []).stdout.strip() == f"shop:7 {UNTOLD}"
    told = serves(tmp_path, revisions, [], "app=sha256:a=shop:v7 side=-=log:1")
    assert told.stdout.strip() == "shop:7 on every task", told.stderr


@pytest.mark.parametrize(
    ("manifests", "expected"),
    [
        (['{"manifests":[{"digest":"sha256:b"}]}'], "shop:7 on every task"),
        (['{"layers":[{"digest":"sha256:c"}]}'], "shop:7 app runs sha256:b, not sha256:a"),
        (["!AccessDenied"], "shop:7 app runs sha256:b, not sha256:a"),
    ],
    ids=["of its own platform", "other bytes", "cannot be read"],
)
def test_a_task_with_another_digest_than_its_revision_is_told_unless_it_is_part_of_the_image(
    tmp_path: Path, manifests: list[str], expected: str
) -> None:
    image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/shop:v7"
    revision = [f"app\\tsha256:a\\t{image}"]
    answers = {"batch_get_image": manifests}
    done = serves(tmp_path, "arn:r", revision, f"app=sha256:b={image}@sha256:b", **answers)
    assert done.stdout.strip() == expected, done.stderr
    (asked,) = [call for call in changes(tmp_path) if "batch-get-image" in call]
    assert "--repository-name team/shop --image-ids imageDigest=sha256:a" in asked
    assert asked.startswith("ecr ") and "--region us-east-1" in asked
    done = serves(tmp_path, "arn:r", revision, "app=sha256:b=ghcr.io/team/shop:v7")
    assert done.stdout.strip() == "shop:7 app runs sha256:b, not sha256:a"


def test_a_tag_that_was_pushed_again_fails_at_once(tmp_path: Path) -> None:
    """No waiting changes it: the step ends with the rollout, not with its deadline."""
    row = f"{look(7)}arn:aws:ecs:revision"
    answers = {"list_tasks": [""], "describe_service_revisions": ["app\\tsha256:b"]}
    done = deploy(tmp_path, look(8), row, words="--digests app=sha256:a", **answers)
    assert done.returncode == 1 and "app runs sha256:b, not sha256:a" in done.stderr


def test_a_service_without_tasks_is_proven_by_its_rollout(tmp_path: Path) -> None:
    row = look(7, up=0, wanted=0, others=0)
    done = run(
        tmp_path, f"ecs_serves {CALLER} --service shop", describe_services=[row], list_tasks=[""]
    )
    assert done.stdout.strip() == "shop:7 on every task", done.stderr


def test_services_are_printed_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    rows = look(3).replace("shop", "web", 1) + "\\n" + look(7)
    done = run(tmp_path, f"ecs_live {CALLER} --services 'shop web'", describe_services=[rows])
    assert done.stdout.splitlines() == ["shop:7", "shop:3"]


def test_a_read_that_fails_prints_nothing_and_is_a_failure(tmp_path: Path) -> None:
    for command in ("ecs_live", "ecs_arns"):
        done = run(
            tmp_path, f"{command} {CALLER} --services shop", describe_services=["!ExpiredToken"]
        )
        assert done.returncode != 0 and done.stdout == "" and "ExpiredToken" in done.stderr


def test_a_copy_is_known_by_its_content(tmp_path: Path) -> None:
    answers = {
        "list_task_definitions": [f"{ARN}9\\t{ARN}8\\t{ARN}7"],
        "describe_task_definition": ['["v7"]', '["v9"]'],  # the original, then what may be its copy
    }
    command = f"ecs_copy_state {CALLER} --original {ARN}5 --after 8"
    assert run(tmp_path, command, **answers).stdout.strip() == "none"
    (tmp_path / "calls").unlink()
    answers["describe_task_definition"] = ['["v7"]', '["v7"]']
    assert run(tmp_path, command, **answers).stdout.strip() == "ACTIVE"


# ECS with one service, which keeps what is deployed; the nth call is refused, or its answer is lost
STATEFUL = f"""\
#!/bin/sh
echo "$*" >>"$FOLDER/calls"
deploy() {{ echo 7 >"$FOLDER/live"; echo 7 >>"$FOLDER/deployed"; }}
if [ "$(wc -l <"$FOLDER/calls")" -eq "$(cat "$FOLDER/fault")" ]; then
  [ "$(cat "$FOLDER/kind") $2" != "lost update-service" ] || deploy
  echo "An error occurred (ServerException)" >&2
  exit 254
fi
live=$(cat "$FOLDER/live")
case $2 in
  describe-services) printf 'shop\tarn:service\t{ARN}%s\tCOMPLETED\t1\t1\t1\tarn:revision\n' "$live" ;;
  update-service) deploy; echo {ARN}7 ;;
  describe-service-revisions) printf 'app\tsha256:%s\n' "$live" ;;
  list-tasks) echo arn:t1 ;;
  describe-tasks) printf '{ARN}%s\tRUNNING\n' "$live" ;;
  *) exit 252 ;;
esac
"""
STEP = f"""ecs_deploy {CALLER} --service shop --from {ARN}8 --to {ARN}7 --digests app=sha256:7
ecs_serves {CALLER} --service shop --digests app=sha256:7
"""


@pytest.mark.parametrize("kind", ["refused", "lost"])
def test_a_fault_at_any_call_of_a_step_is_told_or_passes_and_nothing_is_deployed_twice(
    tmp_path: Path, kind: str
) -> None:
    met, number = True, 0
    while met:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, text in (("live", "8"), ("fault", str(number)), ("kind", kind)):
            (folder / name).write_text(f"{text}\n")
        done = run(folder, STEP, STATEFUL)
        met = len((folder / "calls").read_text().splitlines()) >= number
        proven = "shop:7 on every task" in done.stdout
        assert proven == (done.returncode == 0), (number, done.stderr)
        assert proven or "ServerException" in done.stderr, number
        (folder / "fault").write_text("0\n")
        again = run(folder, STEP, STATEFUL)
        assert "shop:7 on every task" in again.stdout, (number, again.stderr)
        assert (folder / "deployed").read_text() == "7\n", number
    assert number > 7, "the calls of a whole step"
