"""`--list` is text for bash: comments, and commands that need nothing of the script."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster_moves import move, with_details
from cluster_moves import revision as stored
from folders_recorded import tools
from msgspec.structs import replace
from scripted import World, world
from test_script_length import CHANGES, planned

from rollback.model import Command, Lock, Move
from rollback.platforms import kubernetes
from rollback.platforms.kubernetes.details import Facts, facts
from rollback.script import functions

__all__ = ["tools", "world"]


def commands(plan: Any) -> Iterator[Command]:
    """Everything that changes something."""
    for step in plan.steps:
        yield step.do
        if step.undo:
            yield step.undo.do
    for lock in plan.locks:
        yield from (lock.take, lock.release)


def as_list(command: Command) -> str:
    return command.by_hand or str(command)


def private_words(text: str) -> set[str]:
    """Names of functions where a command begins."""
    starts = re.findall(r"(?:^|[|;&(]|\bdo\b)\s*([a-z_]+)", text)
    return {word for word in starts if word in functions.known()}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_command_of_a_list_is_one_that_a_person_has(
    change: Callable[[Any], list[Move]], fp: Any, tmp_path: Path
) -> None:
    adapter = change.__name__.removesuffix("_without_values").replace("_", "-")
    for command in commands(planned(adapter, change(fp), tmp_path)):
        assert private_words(as_list(command)) == set()


def stateful(strategy: str, ready: int = 2) -> Move:
    """A StatefulSet of two pods."""
    made = move(options=("no-cluster-lock",))
    raw = {**facts(made.current).workload.raw, "kind": "StatefulSet"}
    raw["spec"] = {**raw["spec"], "replicas": 2, "updateStrategy": {"type": strategy}}
    workload = replace(facts(made.current).workload, kind="statefulset", raw=raw)
    live = replace(stored(2), pods=2, available=ready)
    current = replace(made.current, facts=Facts(workload, live))
    return with_details(replace(made, current=current), kind="statefulset", selector="app=web")


@pytest.mark.programs
@pytest.mark.parametrize(
    ("made", "step"),
    [(stateful("OnDelete"), "replace-pods"), (stateful("RollingUpdate", 1), "delete-stuck-pods")],
    ids=["OnDelete", "stuck"],
)
def test_deletions_of_pods_are_lines_that_bash_can_read(made: Move, step: str) -> None:
    (deletion,) = (found for found in kubernetes.steps([made]) if found.id.endswith(step))
    line = deletion.do.by_hand
    assert private_words(line) == set() and "delete" in line
    subprocess.run(("bash", "-n", "-c", line), check=True)


@pytest.mark.programs
def test_pasted_into_bash_it_does_what_the_script_does(world: World) -> None:
    """Titles and guards are comments, whatever stands in them; a program is named as in PATH."""
    component = world.component("app", "a")
    lock = Lock(
        "app.held",
        "Lock $(touch locked)",
        Command(("false",), by_hand="touch taken"),
        Command(("false",), by_hand="mv taken released"),
    )
    world.save(world.plan_of(replace(component, locks=(lock,))))
    listed = world.do("execute", "", "--list")[1]
    done = subprocess.run(("bash", "-e"), input=listed, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert world.release("a") == "v1"
    assert [(world.run / name).exists() for name in ("released", "taken", "locked")] == [
        True,
        False,
        False,
    ]
