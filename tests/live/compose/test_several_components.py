"""A Compose project and two sites in release folders, in one environment: one plan, in order, undone in reverse."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from compose_shop import Shop
from test_interruptions import kill_at, killed

OLD, BAD = "20260101000000", "20260102000000"


class Stack:
    """The shop is the api; the site goes after it, the admin after the site."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.folders = [_site(shop.root.parent / name) for name in ("site", "admin")]
        components = [
            {"name": "api", "compose": {"directory": "."}},
            {"name": "site", "after": ["api"], "release-folders": {"path": str(self.folders[0])}},
            {"name": "admin", "after": ["site"], "release-folders": {"path": str(self.folders[1])}},
        ]
        every = {"protected": False, "unattended": True, "settle": 2}
        environment = {**every, "components": components}
        shop.write(
            ".claude/deployment-rollback.yml",
            json.dumps({"environments": {"staging": environment}}),
        )
        shop.release("v2", "v3")

    def live(self) -> list[str]:
        links = [os.readlink(folder / "current").rpartition("/")[2] for folder in self.folders]
        return ["v2" if self.shop.serves("v2") else "v3", *links]

    def started(self, plan: Any, script: str) -> list[str]:
        """Components in the order in which their steps began."""
        lines = (Path(plan["run"]) / "journal.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        steps = [row["step"] for row in rows if (row["script"], row["event"]) == (script, "start")]
        return list(dict.fromkeys(step.partition(".")[0] for step in steps))


def _site(folder: Path) -> Path:
    for release in (OLD, BAD):
        (folder / "releases" / release).mkdir(parents=True)
    lines = (
        f"Branch main (at {release[:9]}) deployed as release {release} by ana"
        for release in (OLD, BAD)
    )
    (folder / "revisions.log").write_text("\n".join(lines) + "\n")
    (folder / "current").symlink_to(f"releases/{BAD}")
    return folder


def states(outcome: Any) -> dict[str, str]:
    return {row["component"]: row["state"] for row in outcome["targets"]}


@pytest.fixture
def stack(shop: Shop) -> Iterator[Stack]:
    yield Stack(shop)


def test_all_three_go_back_in_order_and_are_undone_in_reverse(stack: Stack) -> None:
    plan = stack.shop.plan()
    assert [(row["id"], row["stage"]) for row in plan["components"]] == [
        ("api", 0),
        ("site", 1),
        ("admin", 2),
    ]
    outcome = stack.shop.execute(plan)
    assert states(outcome) == dict.fromkeys(("api", "site", "admin"), "rolled-back")
    assert stack.live() == ["v2", OLD, OLD]
    assert stack.started(plan, "rollback.sh") == ["api", "site", "admin"]
    undone = stack.shop.execute(plan, verb="restore", check=None)
    assert states(undone) == dict.fromkeys(("api", "site", "admin"), "restored")
    assert stack.live() == ["v3", BAD, BAD]
    assert stack.started(plan, "restore.sh") == ["admin", "site", "api"]


def test_what_comes_after_a_failure_is_not_started(stack: Stack) -> None:
    plan = stack.shop.plan()
    site = stack.folders[0]
    site.chmod(0o755)
    (site / ".current.rollback").mkdir()  # in the way of the new link
    (site / ".current.rollback" / "x").touch()
    outcome = stack.shop.execute(plan, check=5)
    assert outcome["outcome"] == "partial"
    assert states(outcome) == {"api": "rolled-back", "site": "failed", "admin": "unchanged"}
    assert stack.live() == ["v2", BAD, BAD]
    assert stack.started(plan, "rollback.sh") == ["api", "site"]


@pytest.mark.parametrize("moment", ["start", "create"])
def test_killed_in_the_middle_of_compose_the_run_goes_on(stack: Stack, moment: str) -> None:
    variables = kill_at(stack.shop, moment)
    plan = stack.shop.plan(**variables)
    killed(stack.shop, plan, variables, moment)
    assert states(stack.shop.execute(plan, **variables)) == dict.fromkeys(
        ("api", "site", "admin"), "rolled-back"
    )
    killed(stack.shop, plan, variables, moment, "restore")
    undone = stack.shop.execute(plan, verb="restore", check=None, **variables)
    assert set(states(undone).values()) == {"restored"}
    assert stack.live() == ["v3", BAD, BAD]
