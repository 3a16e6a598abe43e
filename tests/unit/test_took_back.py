"""A deploy between the last look and the change goes back with it: that is reported, and nothing else is."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from shop import LAST, Shop, shop
from test_status import facts

from rollback.records import also_taken_back
from rollback.script import functions

__all__ = ["shop"]
pytestmark = [pytest.mark.programs, pytest.mark.network]

PRELUDE = """\
set -euo pipefail
for file in hosted {name}; do . {libraries}/$file.sh; done
. {functions}/{name}.sh
also_taken_back() {{ printf '%s\\n' "$1"; }}
vercel_read_again() {{ return 0; }}
"""


def bash(name: str, script: str, answer: Any = None, cwd: Path | None = None) -> list[str]:
    text = PRELUDE.format(name=name, libraries=functions.LIBRARIES, functions=functions.FOLDER)
    done = subprocess.run(
        ["bash", "-c", text + script],
        input=json.dumps(answer),
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
    )
    return done.stdout.splitlines()


def release(text: str) -> dict[str, Any]:
    """A release as the API sends it, from "<version> <status> <current|-> <code> <description>"."""
    version, status, current, code, description = text.split(" ", 4)
    return {
        "id": f"id-{version}",
        "version": int(version),
        "status": status,
        "current": current == "current",
        "slug": {"id": code},
        "description": description,
    }


HEROKU = """\
app=shop from='bad v6' to='good v4 v3' rows=$(json_rows)
echo 6 >asked.shop
heroku_took_back
heroku_took_back
"""
MINE = ["6 succeeded - bad Deploy bbbb", "5 failed - worse Deploy cccc", "4 succeeded - good Set X"]
BACK = "8 succeeded current good Rollback to v4"


@pytest.mark.parametrize(
    ("rows", "reported"),
    [
        ([BACK, "7 succeeded - new Deploy eeee", *MINE], ["v7"]),
        ([BACK, "7 succeeded - bad Set Y config vars", *MINE], ["v7"]),
        (["9 succeeded - x Deploy y", BACK, "7 succeeded - new Deploy eeee", *MINE], ["v7"]),
        ([BACK, "7 failed - good Rollback to v4", *MINE], []),
        ([BACK, "7 failed - new Deploy eeee", *MINE], []),
        ([BACK, *MINE], []),
        ([BACK], []),
        # a restore: what the rollback before it took back was reported then
        (
            [
                "9 succeeded current bad Rollback to v6",
                BACK.replace("current", "-"),
                "7 succeeded - new Deploy eeee",
                *MINE,
            ],
            [],
        ),
    ],
)
def test_heroku_names_the_releases_between(
    tmp_path: Path, rows: list[str], reported: list[str]
) -> None:
    lines = bash("heroku", HEROKU, list(map(release, rows)), tmp_path)
    assert [line.split()[0] for line in lines] == reported
    assert all(f"heroku rollback {name} --app shop" in lines[0] for name in reported)


def test_a_rollback_that_heroku_has_not_made_took_nothing_back(tmp_path: Path) -> None:
    rows = [release("6 succeeded current bad Deploy bbbb"), release("5 succeeded - x Deploy x")]
    assert bash("heroku", HEROKU, rows, tmp_path) == []
    assert (tmp_path / "asked.shop").exists(), "it may still come"


VERCEL = """\
team=slug=acme known='dpl_good dpl_bad' deployment=dpl_good from='production=dpl_bad a.example=dpl_apart'
vercel_took_back 'the project' '{id}'
"""


@pytest.mark.parametrize(
    ("id", "reported"),
    [
        ("dpl_new", True),
        ("dpl_bad", False),
        ("dpl_good", False),
        ("dpl_apart", False),
        ("", False),
        ("null", False),
    ],
)
def test_vercel_names_what_the_request_took_the_domains_from(id: str, reported: bool) -> None:
    lines = bash("vercel", VERCEL.format(id=id))
    assert bool(lines) is reported
    assert not reported or "vercel promote dpl_new --yes --scope acme" in lines[0]


MOVED = """\
team='' known='dpl_good dpl_bad' deployment=dpl_good from='production=dpl_bad' project=p
rows=$'targets.production.id\\tdpl_good\\nlastAliasRequest.toDeploymentId\\tdpl_good
lastAliasRequest.fromDeploymentId\\tdpl_new\\nlastAliasRequest.requestedAt\\t9999999999000\\nlastAliasRequest.jobStatus\\tSTATUS'
vercel_moved
echo 'dpl_good BEFORE' >asked.p
vercel_moved
vercel_moved
"""


@pytest.mark.parametrize(
    ("before", "status", "reported"),
    [
        ("1", "succeeded", 1),
        ("-", "succeeded", 1),
        ("9999999999000", "succeeded", 0),
        ("1", "pending", 0),
    ],
)
def test_vercel_names_once_what_the_request_of_this_run_took_back(
    tmp_path: Path, before: str, status: str, reported: int
) -> None:
    script = MOVED.replace("BEFORE", before).replace("STATUS", status)
    lines = bash("vercel", script, None, tmp_path)
    assert len(lines) == reported and all("dpl_new of the project" in line for line in lines)


def test_vercel_names_what_a_single_domain_was_taken_from() -> None:
    assigning = """\
team='' known='dpl_good dpl_bad' deployment=dpl_good from='production=dpl_good a.example=dpl_bad' apart=''
lines=$'production dpl_good\\na.example dpl_bad\\nb.example dpl_bad'
vercel_change() {
  case $3 in
    *a.example*) printf 'alias\\ta.example\\noldDeploymentId\\tdpl_new\\n' ;;
    *) printf 'alias\\tb.example\\noldDeploymentId\\tdpl_bad\\n' ;;
  esac
}
vercel_assign
"""
    reported = [line for line in bash("vercel", assigning) if "went back, too" in line]
    assert len(reported) == 1 and reported[0].startswith("dpl_new of a.example went back, too: ")


def deploy(id: str, published: str | None, context: str = "production") -> dict[str, Any]:
    schedules = [{"id": "not a deploy", "cron": "@daily"}]
    return {
        "context": context,
        "id": id,
        "published_at": published,
        "function_schedules": schedules,
    }


NETLIFY = """\
api=https://api.example site=5f from=bad to=good
answers=$(cat)
netlify_get() { printf '%s' "$answers" | json_rows; }
netlify_look() { live=$LIVE; }
LIVE=LIVE_NOW
printf '%s\\n' good BEFORE >asked.5f
live=good
netlify_took_back
live=good
netlify_took_back
"""
BEFORE = "$'bad 2026-11-30T08:00:00Z\\ngood 2026-11-20T08:00:00Z'"
KNOWN = [
    deploy("bad", "2026-11-30T08:00:00Z"),
    deploy("waits", None),
    deploy("good", "2026-12-01T08:00:00Z"),
]


@pytest.mark.parametrize(
    ("rows", "live", "reported"),
    [
        ([deploy("new", "2026-12-01T08:00:00Z"), *KNOWN], "good", ["new"]),
        ([deploy("new", "2026-12-01T08:00:00Z"), *KNOWN], "new", []),
        ([deploy("new", "2026-12-01T08:00:00Z", "deploy-preview"), *KNOWN], "good", []),
        ([deploy("new", None), *KNOWN], "good", []),
        (KNOWN, "good", []),
        ([], "good", []),
    ],
)
def test_netlify_names_what_was_published_meanwhile(
    tmp_path: Path, rows: list[dict[str, Any]], live: str, reported: list[str]
) -> None:
    script = NETLIFY.replace("LIVE_NOW", live).replace("BEFORE", BEFORE)
    lines = bash("netlify", script, rows, tmp_path)
    assert [line.split()[0] for line in lines] == reported
    assert all("restoreSiteDeploy" in line and '"deploy_id": "new"' in line for line in lines)


TEXT = "v7 of shop went back, too: somebody released it; to bring it back: heroku rollback v7"


def test_what_went_back_too_is_a_partial_result_until_another_run(shop: Shop) -> None:
    """The scripts write it; it is not among what the plan shows, so it is no news without them."""
    shop.plan()
    lines = f"rollback.sh\t{TEXT}\nrestore.sh\t{TEXT.replace('v7', 'v9')}\n"
    (shop.run / "also-taken-back").write_text(lines)
    told = shop.execute()
    assert (told.outcome, told.exit, told.open[0], told.stays) == (
        "partial",
        5,
        TEXT,
        ("v7 of shop went back, too",),
    )
    assert told.next is None and "to undo it: " in told.open[1]
    assert TEXT in (shop.run / "summary.md").read_text() and shop.live() == LAST
    assert facts(shop)["open"][0] == TEXT and facts(shop)["finished"]["outcome"] == "partial"
    again = shop.execute()
    assert (again.outcome, again.exit, again.open[0]) == ("partial", 5, TEXT), "it is still so"
    back = shop.execute("restore")
    assert (back.outcome, back.exit) == ("partial", 5) and "v9 of shop" in back.open[0]


def test_nothing_but_what_a_run_did_is_believed_of_it(shop: Shop) -> None:
    shop.plan()
    (shop.run / "also-taken-back").write_bytes(b"\xff\xfe\nrollback.sh\nother\tv1 went back\n")
    told = shop.execute()
    assert told.stays == () and told.outcome == "done"


@pytest.mark.parametrize(("nonce", "warned"), [("", True), ("of execute.py", False)])
def test_a_script_run_by_hand_says_it_itself(tmp_path: Path, nonce: str, warned: bool) -> None:
    runner = functions.TEMPLATES / "runner.sh"
    script = (
        f"set -euo pipefail; . {runner}; NONCE='{nonce}' SCRIPT=rollback.sh\n"
        + """\
show_also_taken_back
also_taken_back $'v7 went back, too: \\a"quoted"'
SCRIPT=restore.sh
also_taken_back 'v9 went back, too'
SCRIPT=rollback.sh
show_also_taken_back
"""
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == (5 if warned else 0)
    assert done.stderr == ('warning: v7 went back, too: "quoted"\n' if warned else "")
    assert also_taken_back.read(tmp_path, "restore.sh") == ("v9 went back, too",)


PAGES = """\
app=shop from='bad v6' to='good v4'
answers=$(cat)
heroku_get() {
  echo "$2" >&2
  case $2 in *max=50,*) printf '%s' "$answers" | sed 's/"current": true/"current": false/' ;; *) printf '%s' "$answers" ;; esac | json_rows
}
rows=$(heroku_releases)
heroku_live_in_rows
"""


def test_any_number_of_releases_may_have_failed_above_the_live_one(tmp_path: Path) -> None:
    """A plan reads as many as it takes; so does the script."""
    rows = [release("7 failed - x Deploy x"), release("6 succeeded current bad Deploy bbbb")]
    assert bash("heroku", PAGES, rows, tmp_path) == ["v6 bad"]
