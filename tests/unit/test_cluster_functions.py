"""The functions that Kubernetes and Helm share in a script: named options, time, and a Lease that somebody holds."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import pytest

from rollback.script import functions

pytestmark = pytest.mark.programs
RUNNER = functions.parse((functions.TEMPLATES / "runner.sh").read_text())
SHARED = "\n".join(
    (
        RUNNER["read_options"].text,
        (functions.FOLDER / "_cluster.sh").read_text(),
        (functions.LIBRARIES / "lease.sh").read_text(),
        (functions.LIBRARIES / "pods.sh").read_text(),
    )
)
DIE = 'SCRIPT=rollback.sh; die() { echo "$2"; exit "$1"; }\n'
CALLER = """
release_of() {
  local release='' namespace='none'
  read_options "$@"
  printf '%s\n' "$namespace" "$release"
}
"""


def bash(*lines: str, **environment: str) -> tuple[int, str]:
    """Run the lines below the shared functions; return exit status and output."""
    done = subprocess.run(
        ["bash"],
        input="\n".join(("set -euo pipefail", DIE, SHARED, *lines)),
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout


def test_named_options_set_the_variables_of_the_caller() -> None:
    call = "release_of --release 'a  b' --namespace '$(touch x)'; echo \"${release-unset}\""
    assert bash(CALLER, call) == (0, "$(touch x)\na  b\nunset\n")
    assert bash(CALLER, "release_of --release web") == (0, "none\nweb\n")


@pytest.mark.parametrize("option", ["--other", "release", "--release=web", "--", "--a[1]"])
def test_unknown_option_ends_the_script(option: str) -> None:
    code, output = bash(CALLER, f"release_of '{option}' web; echo went on")
    assert (code, output) == (1, f"rollback.sh: unknown option {option}\n")


def test_option_without_its_value_ends_the_script() -> None:
    code, output = bash(CALLER, "release_of --release; echo went on")
    assert (code, output) == (1, "")


TIMES = ["1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "2026-11-25T10:00:00Z", "2100-03-01T01:08:09Z"]  # fmt: skip


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize("time", TIMES)
def test_seconds_of_a_time(time: str, zone: str) -> None:
    parsed = datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    assert bash(f"seconds_of {time}", TZ=zone) == (0, f"{int(parsed.timestamp())}\n")


def test_seconds_come_from_the_date_of_bsd_where_that_is_installed() -> None:
    date = 'date() { [ "$1 $2 $3 $4" = "-j -u -f %Y-%m-%dT%H:%M:%S" ] && echo "bsd $5 $6"; }'
    assert bash(date, "seconds_of 2026-11-25T10:00:00Z") == (0, "bsd 2026-11-25T10:00:00 +%s\n")


# a Lease that was written at 10:00:00 for 300 s, and what the server says it is now
KUBECTL = """#!/bin/sh
case "$*" in
  *--dry-run=server*) echo "$NOW" ;;
  *' create '*) echo 'leases "rollback-web" already exists' >&2; exit 1 ;;
  *' get leases '*) echo "rollback-web|77|300|2026-11-25T09:00:00Z 2026-11-25T10:00:00Z|2026-11-25T10:00:00.000000Z|ann@host/$HOLDER" ;;
  *' patch '*) echo "$@" >>"$FOLDER/patched"; [ -z "$REFUSAL" ] || { echo "$REFUSAL" >&2; exit 1; } ;;
  *' delete '*) echo "$@" >>"$FOLDER/released" ;;
esac
"""


SET = "uid 3 3 2 web-good"
ROWS = {
    "left": "uid|web-bad|web-{0}|u{0}|True|",
    "broken": "uid|web-bad|web-{0}|u{0}|False|",
    "new": "uid|web-good|web-{0}|u{0}|True|",
    "starting": "uid|web-good|web-{0}|u{0}|False|",
    "stopping": "uid|web-bad|web-{0}|u{0}|True|2026-11-25T10:00:00Z",
    "lost": "uid|web-good|web-{0}|u{0}|False|| ErrImagePull",
    "crashing": "uid|web-good|web-{0}|u{0}|False||CrashLoopBackOff ",
    "pulling": "uid|web-good|web-{0}|u{0}|False|| ContainerCreating",
    "foreign": "other|web-bad|db-{0}|u{0}|False|",
}


@pytest.mark.parametrize(("pods", "next_step"), [
    (("left", "left"), "delete web-1 u1 of web-0 web-1"),
    (("broken", "left"), "delete web-0 u0 of web-0 web-1"),
    (("left", "new"), "delete web-0 u0 of web-0"),
    (("left", "starting"), "wait for web-1, then web-0"),
    (("left", "stopping"), "wait for web-1, then web-0"),
    (("left", "lost"), "wait for web-1!, then web-0"),
    (("crashing", "left"), "wait for web-0!, then web-1"),
    (("left", "pulling"), "wait for web-1, then web-0"),
    (("left",), "wait for its pods, then web-0"),
    (("broken",), "delete web-0 u0 of web-0"),
    (("new",), "wait for its pods"),
    (("new", "new", "foreign"), "none"),
])  # fmt: skip
def test_pods_are_deleted_one_at_a_time_and_broken_ones_first(
    tmp_path: Path, pods: tuple[str, ...], next_step: str
) -> None:
    rows = [ROWS[state].format(number) for number, state in enumerate(pods)]
    assert to_replace(tmp_path, SET, rows) == (0, f"{next_step}\n")


def test_pods_are_judged_only_when_the_controller_has_seen_the_change(tmp_path: Path) -> None:
    code, output = to_replace(tmp_path, "uid 3 2 2 web-bad", [ROWS["new"].format(0)])
    assert (code, output) == (0, "wait: its controller has not seen the change yet\n")


def test_of_a_daemonset_the_newest_revision_is_the_goal(tmp_path: Path) -> None:
    revisions = ["uid 9 web-bad", "uid 10 web-good", "other 11 web-bad"]
    rows = [ROWS["left"].format(0), ROWS["new"].format(1)]
    assert to_replace(tmp_path, "uid 3 3 2 ", rows, revisions) == (0, "delete web-0 u0 of web-0\n")


def test_pods_that_cannot_be_listed_are_not_none(tmp_path: Path) -> None:
    code, output = to_replace(tmp_path, SET, ["Forbidden"], pods="exit 1")
    assert (code != 0, output) == (True, "")


def test_deletions_stop_at_a_new_pod_that_never_starts(tmp_path: Path) -> None:
    """The pods that still serve stay, whatever time is left."""
    states = 'pods_to_replace() { echo "wait for web-1!, then web-0"; }; sleep() { :; }'
    call = "replace_pods ctx shop statefulset web app=web"
    assert bash(states, call) == (1, "a new pod cannot start: wait for web-1!, then web-0\n")


def test_a_pod_that_could_not_be_started_at_first_is_waited_for(tmp_path: Path) -> None:
    looks = f'echo >>{tmp_path}/looks; [ "$(wc -l <{tmp_path}/looks)" -gt 9 ]'
    states = (
        f'pods_to_replace() {{ {looks} && echo none || echo "wait for web-1!"; }}; sleep() {{ :; }}'
    )
    assert bash(states, "replace_pods ctx shop statefulset web app=web") == (0, "")


def to_replace(
    folder: Path, workload: str, rows: list[str], revisions: Sequence[str] = (), pods: str = "true"
) -> tuple[int, str]:  # fmt: skip
    (folder / "pods").write_text("".join(f"{row}\n" for row in rows))
    (folder / "revisions").write_text("".join(f"{row}\n" for row in revisions))
    kubectl = folder / "kubectl"
    kubectl.write_text(
        f"#!/bin/sh\ncase \"$*\" in\n *' get pods '*) cat {folder}/pods; {pods} ;;\n"
        f" *controllerrevisions*) cat {folder}/revisions ;;\n *) echo '{workload}' ;;\nesac\n"
    )
    kubectl.chmod(0o755)
    return bash(f"KUBECTL={kubectl}", "pods_to_replace ctx shop statefulset web app=web")


def take(folder: Path, now: str, holder: str = "run/other", refusal: str = "") -> tuple[int, str]:
    kubectl = folder / "kubectl"
    kubectl.write_text(KUBECTL)
    kubectl.chmod(0o755)
    call = "take_leases --context 'a b' --namespace shop --mark mine --seconds 300 --names rollback-web"
    values = f"KUBECTL={kubectl} RUN=run ERRORS={folder}/errors"
    words = {"NOW": f"2026-11-25T{now}Z", "HOLDER": holder, "REFUSAL": refusal}
    return bash(values, call, FOLDER=str(folder), **words)


def test_lock_of_a_running_rollback_is_refused(tmp_path: Path) -> None:
    code, output = take(tmp_path, "10:04:50")
    assert code == 9 and not (tmp_path / "patched").exists()
    assert "a rollback of web is under way: ann@host/run holds the lock since" in output
    assert "for 10 more seconds" in output
    assert "kubectl --context a\\ b --namespace shop delete lease rollback-web" in output
    assert "%3Dmine" in (tmp_path / "released").read_text(), "what it took itself is not kept"


def test_lock_whose_time_is_over_is_taken_over_as_it_was_read(tmp_path: Path) -> None:
    assert take(tmp_path, "10:05:00") == (0, "")
    patch = (tmp_path / "patched").read_text()
    assert '"resourceVersion": "77"' in patch and '"deployment-rollback/run": "mine"' in patch


@pytest.mark.parametrize(("now", "written"), [("10:02:30", False), ("10:02:31", True)])
def test_own_lock_is_renewed_when_half_of_its_time_is_over(
    tmp_path: Path, now: str, written: bool
) -> None:
    assert take(tmp_path, now, "run/mine") == (0, "")
    assert (tmp_path / "patched").exists() is written


@pytest.mark.parametrize(
    ("refusal", "code", "message"),
    [
        ("Error from server (Conflict): modified", 9, "another machine took or freed the lock"),
        ("Error from server (NotFound): gone", 9, "another machine took or freed the lock"),
        ("Error from server (Forbidden): no", 1, "Error from server (Forbidden): no"),
    ],
)
def test_lock_that_cannot_be_taken_over(
    tmp_path: Path, refusal: str, code: int, message: str
) -> None:
    ended, output = take(tmp_path, "10:05:00", refusal=refusal)
    assert ended == code and output.splitlines()[-1].startswith(message)


def test_a_renewal_that_fails_keeps_what_is_held(tmp_path: Path) -> None:
    """Its time is not over, so no other machine may start meanwhile."""
    code, _ = take(tmp_path, "10:04:00", "run/mine", "Unable to connect to the server: timeout")
    assert (code, (tmp_path / "released").exists()) == (1, False)
