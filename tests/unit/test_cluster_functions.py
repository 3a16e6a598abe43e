"""The functions that Kubernetes and Helm share in a script: named options, time, and a Lease that somebody holds."""

from __future__ import annotations

import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest

from rollback.script import functions

pytestmark = pytest.mark.programs
SHARED = (functions.FOLDER / "_cluster.sh").read_text()
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
