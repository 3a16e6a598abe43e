"""What a script does with a service that CodeDeploy moves: a fake command line with a state of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from test_ecs_script import ARN, CALLER, TEMPLATES

pytestmark = pytest.mark.programs
PLACE = f"{CALLER} --service shop --application App --group Group --copied ''"

# One service. `primary` and `other` are numbers of task definitions; `busy` is a deployment under way, d-N a file
# with what it brings, its status, creator and so on. It moves on each time that it is read: `moves` says how.
AWS = f"""\
#!/bin/sh
echo "$*" >>"$FOLDER/calls"
cd "$FOLDER" || exit 1
value() {{ cat "$1" 2>/dev/null || true; }}
set_of() {{ value "$1-set" | grep . || echo "$2"; }} # what made a task set
make() {{ # make ID BRINGS [CREATOR LEFT]
  echo "$1" >busy; echo "$2 Created ${{3:-user}} ${{4:-None}} None False" >"$1"; echo "$2" >>made
}}
create() {{ [ -z "$(value busy)" ] || exit 254; make d-9 "$(grep -o 'shop:[0-9]*' /dev/stdin | head -n 1 | cut -d: -f2)"; }}
stop() {{
  read -r brings status creator left back shifted <"$4"
  case $status in Succeeded | Failed | Stopped) echo "DeploymentAlreadyCompletedException" >&2; exit 254 ;; esac
  if [ "$(value moves)" = alone ]; then # no traffic had moved: nothing to go back from
    echo "$brings Stopped user None None $shifted" >"$4"; : >busy; : >other; exit
  fi
  echo "$brings Stopped user None d-8 $shifted" >"$4"
  if [ "$(value moves)" = late ]; then
    echo "$brings Succeeded user None None True" >"$4"; : >busy; : >other; : >moves; exit 254
  fi
  to=$(value other); [ "$brings" != "$to" ] || to=$(value primary)
  make d-8 "$to" codeDeployRollback "$4"
}}
advance() {{ # advance ID
  read -r brings status creator left back shifted <"$1"
  case $(value moves).$status in
    *.Created) status=InProgress ;;
    keeps.InProgress) shifted=True; [ "$brings" = "$(value primary)" ] || {{ value primary >other; echo "$brings" >primary; }} ;;
    fails.InProgress) status=Failed; : >busy ;;
    ready.InProgress) status=Ready ;;
    elsewhere.InProgress) status=Succeeded; : >busy ;;
    goesback.Stopped) [ "$back" != None ] || {{ back=d-8; make d-8 "$(value returns)" codeDeployRollback "$1"; : >moves; }} ;;
    .InProgress) status=Succeeded; : >busy; : >other; echo "$brings" >primary ;;
  esac
  echo "$brings $status $creator $left $back $shifted" >"$1"
}}
if [ "$(wc -l <calls)" -eq "$(value fault)" ]; then
  case "$(value kind) $2" in
    'lost create-deployment') echo "$4" | create ;;
    'lost stop-deployment') stop "$@" ;;
  esac
  echo "An error occurred (ServerException)" >&2
  exit 254
fi
case $2 in
  list-deployments) value busy ;;
  get-deployment)
    case $* in *errorInformation*) echo "HOOK_EXECUTION_FAILURE the hook said no"; exit ;; esac
    [ -f "$4" ] || echo "0 Succeeded user None None True" >"$4"
    advance "$4"
    read -r brings status creator left back shifted <"$4"
    printf '%s\\t%s\\t%s\\t%s\\t%s\\t["%s", "rollback to {ARN}%s"]\\n' "$status" "$creator" "$left" "$back" "$shifted" x "$brings" ;;
  create-deployment) echo "$4" | create && echo d-9 ;;
  stop-deployment) stop "$@"; echo Pending ;;
  describe-services)
    printf 'PRIMARY\\t{ARN}%s\\t1\\t1\\tSTEADY_STATE\\t%s\\n' "$(value primary)" "$(set_of primary d-p)"
    [ -z "$(value other)" ] || printf 'ACTIVE\\t{ARN}%s\\t1\\t1\\tSTEADY_STATE\\t%s\\n' "$(value other)" "$(set_of other d-o)" ;;
  list-tasks) echo arn:t1 ;;
  describe-tasks)
    printf '{ARN}%s\\tRUNNING\\tapp=sha256:%s\\n' "$(value primary)" "$(value primary)"
    [ -z "$(value other)" ] || printf '{ARN}%s\\tRUNNING\\tapp=sha256:x\\n' "$(value other)" ;;
  *) exit 252 ;;
esac
"""


def run(folder: Path, command: str, **state: str) -> subprocess.CompletedProcess[str]:
    """`state`: the files of the fake; what is not given stays as it was."""
    aws = folder / "aws"
    aws.write_text(AWS)
    aws.chmod(0o755)
    for name, text in state.items():
        (folder / name.replace("_", "-")).write_text(f"{text}\n" if text else "")
    files = (
        "runner.sh",
        "libraries/ecs.sh",
        "libraries/codedeploy.sh",
        "functions/ecs.sh",
        "functions/ecs_codedeploy.sh",
    )
    for goal in (7, 8):
        content = f'{{"TaskDefinition": "{ARN}{goal}"}}'.replace('"', '\\"')
        (folder / f"to-{goal}").write_text(f'{{"content": "{content}"}}')
    sources = "; ".join(f". {TEMPLATES}/{name}" for name in files)
    script = f"{sources}\nsleep() {{ SECONDS=$((SECONDS + $1)); }}\nAWS={aws} OUTPUT={folder}/output\n{command}"
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{script}"],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "FOLDER": str(folder)},
        cwd=folder,
        timeout=60,
    )


def deploy(
    folder: Path, frm: int = 8, to: int = 7, words: str = "", **state: str
) -> subprocess.CompletedProcess[str]:
    state = {"primary": str(frm), "other": "", "busy": "", "fault": "0", "made": "", **state}
    ends = f"--from {ARN}{frm} --to {ARN}{to} --deployment to-{to}"
    return run(folder, f"codedeploy_deploy {PLACE} {ends} {words}", **state)


def made(folder: Path) -> list[str]:
    return (folder / "made").read_text().split()


def changes(folder: Path) -> list[str]:
    calls = [line.split()[1] for line in (folder / "calls").read_text().splitlines()]
    return [call for call in calls if not call.startswith(("list-", "get-", "describe-"))]


def test_a_service_at_rest_gets_one_deployment_and_it_is_waited_for(tmp_path: Path) -> None:
    done = deploy(tmp_path)
    assert done.returncode == 0, done.stderr
    assert made(tmp_path) == ["7"] and "d-9 is InProgress" in done.stdout


def test_all_traffic_is_enough_and_the_wait_for_the_old_tasks_is_not_waited_for(
    tmp_path: Path,
) -> None:
    assert deploy(tmp_path, moves="keeps").returncode == 0
    proof = run(tmp_path, f"codedeploy_serves {PLACE}")
    assert proof.stdout.strip() == "shop:7 on every task", proof.stderr


def test_within_that_wait_the_way_back_is_a_stop(tmp_path: Path) -> None:
    assert deploy(tmp_path, moves="keeps").returncode == 0
    (tmp_path / "calls").unlink()
    kept = {name: (tmp_path / name).read_text().strip() for name in ("primary", "other", "busy")}
    done = deploy(tmp_path, 7, 8, **kept)
    assert done.returncode == 0, done.stderr
    assert changes(tmp_path) == ["stop-deployment"]
    assert (tmp_path / "primary").read_text().strip() == "8"


def test_a_deployment_that_came_from_the_target_is_stopped(tmp_path: Path) -> None:
    d5 = "8 InProgress user None None True"
    done = deploy(tmp_path, other="7", busy="d-5", d_5=d5, moves="keeps")
    assert done.returncode == 0, done.stderr
    assert changes(tmp_path) == ["stop-deployment"]


def test_one_that_ended_just_before_gives_way_to_a_deployment(tmp_path: Path) -> None:
    """It is done between the look and the stop."""
    d5 = "8 InProgress user None None True"
    done = deploy(tmp_path, other="7", busy="d-5", d_5=d5, moves="late")
    assert done.returncode == 0 and made(tmp_path) == ["7"], done.stderr
    assert changes(tmp_path) == ["stop-deployment", "create-deployment"]


def test_what_somebody_else_deploys_is_left_alone(tmp_path: Path) -> None:
    done = deploy(tmp_path, busy="d-5", d_5="9 InProgress user None None False", moves="ready")
    assert done.returncode == 1 and "shop was left alone" in done.stderr
    assert (tmp_path / "output.unchanged").exists()
    assert changes(tmp_path) == []


def test_a_rollback_that_codedeploy_makes_by_itself_is_never_stopped(tmp_path: Path) -> None:
    d5 = "8 InProgress codeDeployRollback d-o None False"
    done = deploy(tmp_path, other="7", busy="d-5", d_5=d5, moves="ready")
    assert done.returncode == 1 and changes(tmp_path) == []


def test_what_is_there_already_is_not_deployed_again(tmp_path: Path) -> None:
    done = deploy(tmp_path, primary="7")
    assert done.returncode == 0 and changes(tmp_path) == [], done.stderr


def test_a_deployment_that_fails_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    done = deploy(tmp_path, moves="fails")
    assert done.returncode == 1 and "the hook said no" in done.stderr
    assert "d-9 is Failed, and shop:8 has the traffic, not shop:7" in done.stderr


def test_a_deployment_whose_answer_never_came_is_waited_for_if_it_was_made(tmp_path: Path) -> None:
    done = deploy(tmp_path, fault="3", kind="lost")
    assert done.returncode == 0 and made(tmp_path) == ["7"], done.stderr


def test_a_success_that_moved_nothing_is_a_failure(tmp_path: Path) -> None:
    done = deploy(tmp_path, moves="elsewhere")
    assert done.returncode == 1 and "shop:8 has the traffic, not shop:7" in done.stderr


def test_a_shift_by_hand_is_said_with_its_command(tmp_path: Path) -> None:
    command = "codedeploy_read d-5; id=d-5 region=r; codedeploy_report"
    state = {"busy": "d-5", "d_5": "7 Ready user None None False", "fault": "0", "moves": "ready"}
    done = run(tmp_path, f"region=r profile=''; {command}", **state)
    assert (
        "continue-deployment --deployment-id d-5 --deployment-wait-type READY_WAIT" in done.stdout
    )


def test_other_bytes_under_the_same_name_fail_at_once(tmp_path: Path) -> None:
    done = deploy(tmp_path, words="--digests app=sha256:other")
    assert done.returncode == 1 and "app runs sha256:7, not sha256:other" in done.stderr


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ({"primary": "8"}, "shop:8"),
        ({"primary": "7", "busy": "d-5", "d_5": "8 Created user None None False"}, "shop:8"),
        (
            {
                "primary": "8",
                "other": "7",
                "busy": "d-5",
                "d_5": "6 Created codeDeployRollback d-p None False",
            },
            "shop:7",
        ),
    ],
)
def test_live_is_what_has_the_traffic_or_is_being_brought(
    tmp_path: Path, state: dict[str, str], line: str
) -> None:
    every = {"other": "", "busy": "", "fault": "0", "moves": "ready", **state}
    done = run(tmp_path, f"codedeploy_live {PLACE}", **every)
    assert done.stdout.strip() == line, done.stderr


def test_a_copy_of_the_target_is_what_the_deployment_names(tmp_path: Path) -> None:
    command = (
        f'goal={ARN}12 to={ARN}7 deployment=to-7; {PLACE_VARIABLES} codedeploy_create; echo "$id"'
    )
    done = run(tmp_path, command, primary="8", other="", busy="", fault="0", made="")
    assert done.stdout.strip() == "d-9" and made(tmp_path) == ["12"], done.stderr


PLACE_VARIABLES = "region=r profile='' cluster=c service=shop application=A group=G copied='';"
STEP = f"""codedeploy_deploy {PLACE} --from {ARN}8 --to {ARN}7 --deployment to-7
codedeploy_serves {PLACE}
"""
WAYS = {
    "at rest": ({"moves": ""}, ["7"]),
    "under way": (
        {"other": "7", "busy": "d-5", "d_5": "8 InProgress user None None True", "moves": "keeps"},
        ["7"],
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["refused", "lost"])
def test_a_fault_at_any_call_is_told_or_passes_and_nothing_is_deployed_twice(
    tmp_path: Path, kind: str, way: str
) -> None:
    state, expected = WAYS[way]
    met, number = True, 0
    while met:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        begun = {"primary": "8", "other": "", "busy": "", "made": "", "kind": kind, **state}
        done = run(folder, STEP, fault=str(number), **begun)
        met = len((folder / "calls").read_text().splitlines()) >= number
        proven = "shop:7 on every task" in done.stdout
        assert proven == (done.returncode == 0), (number, done.stderr)
        assert proven or "ServerException" in done.stderr, number
        again = run(folder, STEP, fault="0")
        assert "shop:7 on every task" in again.stdout, (number, again.stderr)
        assert made(folder) == expected, number
    assert number > 8, "the calls of a whole step"
