"""What the tests of our own records share: plans, journals, processes and folders that cannot be written."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rollback import clock
from rollback.model import Command, Move, Plan, Release, Step, Target, Undo
from rollback.records import run

ROOT = Path(__file__).parents[2]
NOBODY = 65534
TRUE = Command(("true",))


def plan(verdict: str = "ready", valid: int = 900, steps: tuple[str, ...] = ("one", "two")) -> Plan:
    target = Target("staging", "release-folders", "shop", "here:/srv/shop", False)
    move = Move(target, Release("2", facts={"secret": "s3cret"}), Release("1"))
    undo = Undo(TRUE)
    made = tuple(Step(name, name, TRUE, undo=undo if name != "restart" else None) for name in steps)
    return Plan(
        verdict,
        clock.now(),
        clock.now(valid),
        "app",
        "staging",
        False,
        "/srv/shop",
        moves=(move,),
        steps=made,
    )


def planned(project: Path, **how: object) -> Path:
    folder = run.create(project)
    run.save_plan(folder, plan(**how))  # type: ignore[arg-type]
    return folder


def journal(folder: Path, *lines: str) -> None:
    """Each line as "script step event", e.g. "rollback one start"."""
    with open(folder / "journal.jsonl", "a") as file:
        for line in lines:
            script, step, event = line.split()
            row = {
                "at": clock.now(),
                "script": f"{script}.sh",
                "step": step,
                "event": event,
                "exit": None if event == "start" else 0,
            }
            file.write(json.dumps(row) + "\n")


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A second process with the library on its path."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}/scripts:{ROOT}"}
    words = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@contextlib.contextmanager
def unwritable() -> Iterator[Path]:
    """A folder that this process may read and not write, also when the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o555)
        before = os.geteuid()
        if before == 0:
            os.seteuid(NOBODY)
        try:
            yield Path(name)
        finally:
            os.seteuid(before)
            os.chmod(name, 0o755)


@contextlib.contextmanager
def full_after(size: int) -> Iterator[None]:
    """A disk on which no file grows beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
