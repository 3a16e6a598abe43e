"""What each workflow costs the model, with the real client: requests, and tokens (o200k) of everything of ours that it is sent or says.

Usage: bash tests/live/beds/client.sh install; .venv/<X.Y>/bin/python tests/bench/conversation.py [WORKFLOW]...      (nothing named: all)
Counted: the skill's text with the plan in it, commands, results, typed words. Not counted: the client's own prompt, the model's prose.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/live/client"), str(ROOT / "tests/bench")]

import client  # noqa: E402
import tokens  # noqa: E402
import world as worlds  # noqa: E402

from demo import project as shops  # noqa: E402

RUN: list[Any] = [{"bash": "{next}"}, "done"]
PHRASE = "ROLLBACK PRODUCTION: checkout answers 500"


@dataclass(frozen=True)
class Workflow:
    """What the person types, message by message, what the model does, and how the shop is before that."""

    typed: tuple[str, ...]
    steps: tuple[Any, ...] = ("told",)
    protected: bool = False
    bare: bool = False  # a folder with releases and no settings
    before: str | None = None  # a workflow that has been gone through


WORKFLOWS = {
    "quick": Workflow(("demo previous",), tuple(RUN)),
    "protected, with the phrase": Workflow(
        ("demo previous", PHRASE), ("told", *RUN), protected=True
    ),
    "first time, no settings": Workflow(("previous", PHRASE), ("told", *RUN), bare=True),
    "restore": Workflow(("restore",), tuple(RUN), before="quick"),
    "status": Workflow(("status",), before="quick"),
    "history only": Workflow(("demo history",)),
    "already there": Workflow(("demo v2",), before="quick"),
    "choose": Workflow(("demo v1",), before="ambiguous"),
    "with the database: nothing to reverse": Workflow(("demo previous --with-db",), tuple(RUN)),
    "blocked": Workflow(("demo previous --drill-backup",)),
    "dry run": Workflow(("demo previous --dry-run",)),
    "not understood": Workflow(("prodution previous",)),
}


@dataclass(frozen=True)
class Cost:
    """Tokens, except `requests`."""

    requests: int
    skill: int
    commands: int
    results: int
    typed: int
    seen: client.Seen

    @property
    def tokens(self) -> int:
        return self.skill + self.commands + self.results + self.typed


def measure(name: str, scratch: Path, skill: Path) -> Cost:
    """One conversation in a new home and a new shop."""
    (cost,) = measure_in_turn([name], scratch, skill)
    return cost


def measure_in_turn(names: Sequence[str], scratch: Path, skill: Path) -> list[Cost]:
    """One conversation after the other in one home and one shop, prepared for the first.

    They are below `scratch`, whose path should be as short as people's are.
    """
    flows = [WORKFLOWS[name] for name in names]
    place = scratch / str(len(list(scratch.iterdir())))
    place.mkdir()
    world = worlds.make(place, skill)
    shop = None if flows[0].bare else _shop(place / "work", flows[0])
    if shop:
        world.project = shop.project
        subprocess.run(shop.control("restart"), check=True)
    try:
        _before(world, shop, flows[0].before)
        return [
            _cost(world.run(list(flow.steps), _typed(flow), person="yes"), flow) for flow in flows
        ]
    finally:
        if shop:
            subprocess.run(shop.control("stop"), check=True)


def _shop(root: Path, flow: Workflow) -> shops.Shop:
    shop = shops.make(root)
    if flow.protected:
        settings = shop.project / ".claude/deployment-rollback.yml"
        settings.write_text(settings.read_text().replace("protected: false", "protected: true"))
    return shop


def _before(world: worlds.World, shop: shops.Shop | None, what: str | None) -> None:
    if what == "ambiguous" and shop:  # the same version deployed twice
        shops._deploy(shop, shops.RELEASES[0], 1_700_000_000)
    elif what:
        world.run(RUN, _typed(WORKFLOWS[what]), person="yes")


def _typed(flow: Workflow) -> list[str]:
    return [f"/deployment-rollback {flow.typed[0]}", *flow.typed[1:]]


def _cost(seen: client.Seen, flow: Workflow) -> Cost:
    blocks = [
        block
        for body in seen.requests[-1:]
        for message in body["messages"]
        for block in client.blocks(message)
    ]
    commands = [
        block["input"].get("command", "") for block in blocks if block["type"] == "tool_use"
    ]
    notes = [text for text in seen.texts if "deployment-rollback: phrase" in text]
    parts = [[seen.first], commands, seen.results, [*_typed(flow), *notes]]
    counted = [sum(tokens.count(part)) for part in parts]
    return Cost(len(seen.requests), *counted, seen)


def main(names: list[str]) -> None:
    print(
        "| workflow | requests | skill and plan | commands | results | typed, hook | tokens |\n|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory(prefix="rb-") as folder:
        skill = worlds.installed(Path(folder))
        for name in names or WORKFLOWS:
            cost = measure(name, Path(folder), skill)
            cells = (
                name,
                cost.requests,
                cost.skill,
                cost.commands,
                cost.results,
                cost.typed,
                cost.tokens,
            )
            print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
