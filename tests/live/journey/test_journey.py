"""A whole system goes back in one plan, stops where a part refuses, survives kills, and comes forward again."""

from __future__ import annotations

import math
import shlex
import time
from pathlib import Path
from typing import Any

from system import System

from tests.live.run_processes import kill_run

PARTS = ["db-backup", "api-db", "front", "api-config", "api", "cloud"]  # in the order of the plan
COLUMNS, ROWS = 80, 24


def ready(system: System) -> Any:
    plan = system.plan("previous", "--full")
    assert plan["verdict"] == "ready", plan["findings"]
    assert [row["id"] for row in plan["components"]] == PARTS
    return plan


def states(outcome: Any) -> dict[str, str]:
    return {row["component"]: row["state"] for row in outcome["targets"]}


def question(plan: Any) -> list[str]:
    return (Path(plan["run"]) / "question.execute.txt").read_text().strip().splitlines()


def killed_in(system: System, verb: str, plan: Any, step: str) -> None:
    """Kill everything of a run once it begins this step."""
    known = len(system.journal(plan))
    process = system.start(verb, *system.approved(plan))
    while not any(f'"{step}"' in line for line in system.journal(plan)[known:]):
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    kill_run(process, plan["run"])


def test_where_a_part_refuses_later_parts_are_not_started_and_all_of_it_is_restored(
    system: System,
) -> None:
    before = system.serving()
    plan = ready(system)
    obstacle = system.files / ".current.rollback"
    obstacle.mkdir()  # in the way of the new link
    (obstacle / "x").touch()
    done = system.execute(plan, check=5)
    assert done["outcome"] == "partial"
    assert states(done) == {
        "api-db": "rolled-back",
        "front": "failed",
        "api-config": "unchanged",
        "api": "unchanged",
        "cloud": "unchanged",
    }
    now = system.serving()
    assert now["migrations"] == ["0001_initial"]
    assert {**now, "migrations": 0, "columns": 0} == {**before, "migrations": 0, "columns": 0}
    assert "execute.py" in done["next"] and "restore.py" in done["open"][0]
    (obstacle / "x").unlink()
    obstacle.rmdir()
    back = system.restore(plan, check=None)
    assert back["outcome"] == "restored" and system.serving() == before


def test_one_plan_killed_at_every_step_brings_all_of_it_back_and_a_restore_forward(
    system: System,
) -> None:
    before = system.serving()
    plan = ready(system)
    shown_on_one_screen_and_true(system, plan)
    assert system.serving() == before
    for step in plan["steps"][:-1]:  # a killed apply ends the run: tests/live/infrastructure
        killed_in(system, "execute", plan, step["id"])
    done = system.execute(plan)
    assert (done["outcome"], set(states(done).values())) == ("done", {"rolled-back"})
    assert system.serving() == {
        "front end": "v2",
        "api": "v2",
        "files": ["TAG=v2\n", before["files"][1].replace("blue", "red")],
        "migrations": ["0001_initial"],
        "columns": {"id", "legacy", "note"},
        "infrastructure": {"app": "v2"},
    }
    assert done["health"]["verdict"] == "healthy"
    assert (Path(plan["run"]) / plan["databases"][0]["backup"]["path"]).read_bytes()[:5] == b"PGDMP"
    killed_in(system, "restore", plan, "api.web.switch")
    back = system.restore(plan, check=5)
    assert states(back) == {**dict.fromkeys(PARTS[1:], "restored"), "cloud": "unchanged"}
    assert system.serving() == {**before, "infrastructure": {"app": "v2"}}
    forward = system.script(*_command(back["open"][0]))
    assert [row["part"] for row in forward["steps"]] == ["infrastructure"]
    system.execute(forward, check=None)
    assert system.serving() == before


def _command(line: str) -> tuple[str, ...]:
    """The command at the end of an open: line, as the name of a script and its words."""
    script, *words = shlex.split(line.partition("python3 ")[2])
    return (Path(script).stem, *words)


def shown_on_one_screen_and_true(system: System, plan: Any) -> None:
    lines = question(plan)
    rows = sum(math.ceil(len(line) / COLUMNS) for line in lines)
    assert rows + 3 <= ROWS, "\n".join(lines)  # reason, an empty line, the line of the answer
    releases = {row["target"]["component"]: (row["current"], row["to"]) for row in plan["moves"]}
    front = " -> ".join(f"{row['id']} ({row['version']})" for row in releases["front"])
    urls = [f"http://127.0.0.1:{port}/health" for port in (system.port, system.shop.port)]
    assert lines == [
        "ROLL BACK production (5 parts, protected, level full)",
        "api-db/shop: shop.0003_legacy -> shop.0001_initial",
        f"front/shop: {front}",
        "api-config/.env, docker-compose.yml: v3 -> v2",
        "api/web: v3 -> v2",
        "cloud: serial 2 -> v2",
        "infrastructure: workspace default of infra: delete bed_file.extra, update bed_file.app (opentofu); not undone by restore",
        lines[7],
        f"health now: unhealthy - front: {urls[0]} answers 500, not 200; api: {urls[1]} answers 500, not 200; and 2 more",
        "database: shop at db: reverses shop.0003_legacy, shop.0002_channel (django) before the application; backup first: backup/database-1.dump",
        "configuration goes back: ~web: COLOR",
        "undo: /deployment-rollback restore, except infrastructure: that takes a new plan",
        "downtime: api: web: each container stops before the new one starts",
        "live for 24 h, deployed by dora",
        'undoes 1 commit: "release v3"',
        f"steps: {lines[15].partition(': ')[2]}",
    ]
    assert "database first: the old code needs what the reversal of shop.0003_legacy" in lines[7]
    assert lines[15].endswith("Reverse migration shop-0002-channel; and 7 more")
