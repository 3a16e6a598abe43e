"""What --help says is what a script does: how it may end, and where a switch works."""

from __future__ import annotations

import fcntl
import re
import subprocess
import sys

import pytest
from shop import SCRIPTS, Shop, shop

from rollback.platforms import platforms
from rollback.settings.switches import switches

__all__ = ["shop"]
pytestmark = pytest.mark.programs


def helps(script: str) -> str:
    done = subprocess.run(
        [sys.executable, SCRIPTS / script, "--help"], capture_output=True, text=True, check=True
    )
    return " ".join(done.stdout.split())


def exits(script: str) -> set[int]:
    return {
        int(code)
        for code in re.findall(r"(?<= )(\d+) (?=[a-z])", helps(script).partition("Exit codes:")[2])
    }


def told(option: str) -> str:
    """The words beside an option of plan.py."""
    return re.split(r" --[a-z]", helps("plan.py").partition(f" --{option} ")[2])[0]


def ended(shop: Shop, script: str, *words: str) -> int:
    argv = [sys.executable, str(SCRIPTS / script), *words]
    return subprocess.run(
        argv, cwd=shop.project, env=shop.environment(), capture_output=True
    ).returncode


@pytest.mark.parametrize(
    ("script", "words"),
    [("checkpoint.py", ()), ("plan.py", ("restore",)), ("plan.py", ("status",))],
)
def test_a_run_that_lacks_a_script_ends_as_the_help_says(
    shop: Shop, script: str, words: tuple[str, ...]
) -> None:
    shop.plan()
    if words == ("restore",):
        shop.execute()
    (shop.run / "restore.sh").unlink()
    assert (ended(shop, script, *words), 4 in exits(script)) == (4, True)


def test_deleting_while_a_run_is_at_work_ends_as_the_help_says(shop: Shop) -> None:
    shop.plan(dry_run=True)  # nobody needs it any more
    with open(shop.project / ".claude/deployment-rollback/lock", "w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        assert (ended(shop, "summary.py", "--prune"), 9 in exits("summary.py")) == (9, True)


def test_the_switches_of_plan_are_those_that_adapters_declare() -> None:
    declared = {name for _, module in platforms for name in getattr(module, "OPTIONS", ())}
    assert declared == {*switches()} == {"suspend-owner", "no-cluster-lock", "no-inline-values"}


@pytest.mark.parametrize("option", switches())
def test_a_switch_says_which_platforms_carry_it_out_and_how(option: str) -> None:
    able = {
        id: module.OPTIONS[option]
        for id, module in platforms
        if option in getattr(module, "OPTIONS", ())
    }
    assert able
    assert {id for id in platforms.ids if id in told(option)} == {*able}
    assert all(text in told(option) for text in able.values())


def test_health_switches_nothing_and_its_exit_codes_say_so() -> None:
    codes = helps("health.py").partition("Exit codes:")[2]
    assert " 7 a health check fails 11 no health check could run 12 " in codes
    assert " 7 a health check fails after the switch " in helps("execute.py")


def test_plan_says_what_it_writes_and_that_force_is_clear_cache() -> None:
    assert "Changes nothing." not in helps("plan.py")
    assert "changes nothing in production" in helps("plan.py")
    assert "--force Same as --clear-cache" in helps("plan.py")


def test_the_full_level_says_what_it_brings_back(shop: Shop) -> None:
    assert "application, database, configuration and infrastructure" in told("full")
    assert ended(shop, "plan.py", "staging", "--full") == 0
