"""The one call of the agent: words on standard input, an answer that reaches the model or an ending that does not."""

from __future__ import annotations

import fcntl
import json
import subprocess

import pytest
from shop import LAST, NOW, Shop, shop

__all__ = ["shop"]
pytestmark = pytest.mark.programs


def asked(shop: Shop, text: str, last: str = "\n--whole\n") -> subprocess.CompletedProcess[str]:
    words = [*shop.argv("plan")[:2], "--args-stdin"]
    return subprocess.run(
        words,
        input=text + last,
        cwd=shop.project,
        env=shop.environment(),
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("text", [
    "staging previous", "staging", "staging previous --dry-run", f"staging {NOW}", "staging --with-db", "staging history", "status",
])  # fmt: skip
def test_what_the_model_shall_tell_ends_with_0(shop, text):
    done = asked(shop, text)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout


@pytest.mark.parametrize(
    "text",
    ["prodution", "staging staging2", "--no-such", '"staging', "staging previous 7", "restore"],
)
def test_what_only_the_person_needs_ends_otherwise_with_a_fix(shop, text):
    done = asked(shop, text)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ") and "\n  fix: " in done.stderr


@pytest.mark.parametrize(
    "text", ["prodution --json", "--json --no-such", '--json "staging', "staging staging2 --json"]
)
def test_with_json_among_the_words_an_error_is_one_document(shop, text):
    done = asked(shop, text)
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["exit"], done.stderr) == (2, 2, "") and error["fix"]


def test_json_is_one_document_also_when_the_words_were_cut(shop):
    assert (
        json.loads(asked(shop, "staging --json", "\n").stdout)["error"]["code"] == "arguments-cut"
    )


def test_while_a_run_is_at_work_nothing_is_planned_and_its_owner_is_named(shop):
    lock = shop.project / ".claude/deployment-rollback/lock"
    lock.parent.mkdir(parents=True)
    with open(lock, "w") as holder:
        holder.write("ana, execute of run 7\n")
        holder.flush()
        fcntl.flock(holder, fcntl.LOCK_EX)
        done = asked(shop, "staging previous")
        assert asked(shop, "status").returncode == 0
    assert done.returncode == 9 and "locked by ana, execute of run 7" in done.stderr
    assert not list(shop.project.glob(".rollback-checkpoint-*"))
    assert asked(shop, "staging previous").returncode == 0


def test_a_restore_is_told_before_it_is_asked_about(shop):
    shop.plan()
    shop.execute()
    lines = asked(shop, "restore").stdout.splitlines()
    assert lines[0] == "restore: staging on release-folders"
    assert lines[1] == f"shop: {LAST} -> {NOW}"
    assert lines[-1].startswith("next: python3 ") and "restore.py" in lines[-1]
