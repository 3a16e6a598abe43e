"""A run that is killed, or loses its engine, ends as an undisturbed one would when it is started again."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from compose_shop import FILE, SCRIPTS, Shop

from tests.live.beds.engine import bed

KILLED_AGAIN = ["start", "destroy", "end"]  # where the restore is killed, too
MOMENTS = ["guard", "start", "create", "die", "destroy", "rename", "end", "proof"]


def kill_at(shop: Shop, moment: str, tool: str = "docker") -> dict[str, str]:
    """Put the shim first on PATH; returns the variables that plan and execute need."""
    folder = shop.root.parent / "shim"
    folder.mkdir()
    source = (Path(__file__).parent / "docker_shim.py").read_text()
    (folder / tool).write_text(f"#!{sys.executable}\n{source}")
    (folder / tool).chmod(0o755)
    (folder / "real").write_text(shutil.which(tool, path=shop.engine.environment["PATH"]) or "")
    (folder / "moment").write_text("none")
    (folder / "stop").write_text(str(os.getpid()))
    shop.moment = folder / "moment"  # type: ignore[attr-defined]
    return {"PATH": f"{folder}:{shop.engine.environment['PATH']}"}


def killed(
    shop: Shop, plan: Any, variables: dict[str, str], moment: str, verb: str = "execute"
) -> None:
    shop.moment.write_text(moment)  # type: ignore[attr-defined]
    command = [
        sys.executable,
        str(SCRIPTS / f"{verb}.py"),
        plan["run"],
        "--digest",
        plan["digest"],
        "--reason",
        "a test",
    ]
    done = subprocess.run(
        command,
        cwd=shop.root,
        env={**shop.engine.environment, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -9, f"was not killed: {done.stdout}{done.stderr}"
    assert shop.moment.read_text() == "over"  # type: ignore[attr-defined]
    with open(
        shop.root / ".claude/deployment-rollback/lock"
    ) as lock:  # the last of the run's processes may be dying yet
        fcntl.flock(lock, fcntl.LOCK_EX)


def state(shop: Shop) -> tuple[Any, ...]:
    web, db = shop.container("web"), shop.container("db")
    return (
        web["Image"],
        web["State"]["Running"],
        sorted(web["Config"]["Env"]),
        web["HostConfig"]["PortBindings"],
        db["Id"],
    )


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_at_any_point_goes_on_to_the_same_end(shop: Shop, moment: str) -> None:
    shop.release("v1", "v2")
    db = shop.container("db")["Id"]
    variables = kill_at(shop, moment)
    plan = shop.plan(**variables)
    killed(shop, plan, variables, moment)
    done = shop.execute(plan, **variables)
    assert done["outcome"] == "done"
    assert shop.serves("v1")
    assert state(shop)[-1] == db
    if moment in KILLED_AGAIN:
        killed(shop, plan, variables, moment, verb="restore")
    assert shop.execute(plan, verb="restore", **variables)["outcome"] == "restored"
    assert shop.serves("v2")


def test_a_run_on_compose_v1_killed_in_the_middle_goes_on(old_shop: Shop) -> None:
    old_shop.release("v1", "v2")
    variables = kill_at(old_shop, "create", "docker-compose")
    plan = old_shop.plan(**variables)
    killed(old_shop, plan, variables, "create")
    old_shop.execute(plan, **variables)
    assert old_shop.serves("v1")


def test_of_two_runs_at_once_one_is_told_that_the_other_works(shop: Shop) -> None:
    shop.release("v1", "v2")
    plan = shop.plan()
    command = [
        sys.executable,
        str(SCRIPTS / "execute.py"),
        plan["run"],
        "--digest",
        plan["digest"],
        "--reason",
        "a test",
    ]
    both = [subprocess.Popen(command, cwd=shop.root, env=shop.engine.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True) for _ in range(2)]  # fmt: skip
    said = [one.communicate()[0] for one in both]
    assert sorted(one.returncode for one in both) == [0, 9], said
    assert shop.serves("v1")


def test_an_engine_that_goes_away_in_the_middle_is_a_failed_step_and_the_run_goes_on_later(
    shop: Shop,
) -> None:
    shop.write(
        "docker-compose.yml", FILE.replace("image: db:1", "image: db:1\n    restart: always")
    )
    shop.release("v1", "v2")
    plan = shop.plan()
    command = [
        sys.executable,
        str(SCRIPTS / "execute.py"),
        plan["run"],
        "--digest",
        plan["digest"],
        "--reason",
        "a test",
        "--json",
    ]
    running = subprocess.Popen(
        command,
        cwd=shop.root,
        env=shop.engine.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    journal = Path(plan["run"]) / "journal.jsonl"
    while not (journal.exists() and '"start"' in journal.read_text()):
        time.sleep(0.02)
    bed("dockerd.sh", "stop", str(shop.engine.root / "d"))
    running.communicate()
    try:
        assert running.returncode in (5, 12)
    finally:
        bed("dockerd.sh", "start", str(shop.engine.root / "d"), "10.224.0.0/16")
    assert shop.execute(plan)["outcome"] == "done"
    assert shop.serves("v1")


def test_what_changed_since_the_plan_stops_the_run_before_anything_is_touched(shop: Shop) -> None:
    shop.release("v1", "v2")
    plan = shop.plan()
    shop.release("v4")
    there = shop.container("web")["Id"]
    answer = shop.execute(plan, check=10)
    assert answer["exit"] == 10
    assert shop.container("web")["Id"] == there
