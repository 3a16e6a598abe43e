"""What one run needs: a private HOME with the skill, a project with three releases (3 is live), and the real client."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import client
import pytest

from installer.tree import RUNS

ROOT = Path(__file__).parents[3]
BED = ROOT / "tests/live/beds/client.sh"
QUICK = "/deployment-rollback demo previous"


def program(name: str) -> Path:
    path = Path(
        subprocess.run(
            ["bash", str(BED), "path", name], capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    if not path.exists():
        pytest.skip(f"the client is not installed: bash tests/live/beds/client.sh install ({name})")
    return path


@dataclass
class World:
    program: Path
    home: Path
    project: Path

    @property
    def skill(self) -> Path:
        return self.home / ".claude/skills/deployment-rollback"

    def run(
        self,
        steps: list[Any],
        words: str | list[str] = QUICK,
        person: client.Person = "nobody",
        **how: Any,
    ) -> client.Seen:
        extra = {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            **how.pop("extra", {}),
        }
        prompts = [words] if isinstance(words, str) else words
        return client.run(
            self.program, self.home, self.project, prompts, steps, person, extra=extra, **how
        )

    @property
    def runs(self) -> list[Path]:
        return sorted(self.project.glob(".rollback-checkpoint-*"))

    @property
    def started(self) -> list[Path]:
        return sorted(self.project.glob(".rollback-checkpoint-*/journal.jsonl"))

    @property
    def approvals(self) -> list[Path]:
        """Keys that could still open something."""
        return sorted((self.home / ".local/state/deployment-rollback").glob("*/approvals/*"))

    @property
    def live(self) -> str:
        return os.readlink(self.project / "current").rpartition("/")[2]


def installed(folder: Path) -> Path:
    """What install.sh copies, without the packages: the client's PATH has a Python that holds them."""
    copy = folder / "deployment-rollback"
    copy.mkdir()
    for name in RUNS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, copy / name)
    return copy


def make(folder: Path, skill: Path, which: str = "current", project: str = "project") -> World:
    home = folder / "home"
    shutil.copytree(skill, home / ".claude/skills/deployment-rollback")
    shop = folder / project
    for number in "123":
        (shop / "releases" / number).mkdir(parents=True)
        (shop / "releases" / number / "REVISION").write_text(f"{number * 40}\n")
    (shop / "current").symlink_to("releases/3")
    subprocess.run(["git", "init", "-q", str(shop)], check=True)
    return World(program(which), home, shop)
