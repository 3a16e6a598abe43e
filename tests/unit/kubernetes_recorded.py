"""A cluster that answers from a recording of the real one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rollback.model import Command, Release
from rollback.settings.environment import Environment
from rollback.settings.model import EnvironmentSettings
from rollback.shell import Answer, Served, Shell

CASES_FILE = Path(__file__).parents[1] / "cases" / "platforms" / "kubernetes.json"


class NoLane(dict[str, Served]):
    """Every read goes through kubectl itself: nothing is started beside it."""

    def __contains__(self, name: object) -> bool:
        return True


class Recorded(Shell):
    """Answers what was asked when it was recorded; what was not there then is not found."""

    def __init__(self, root: Path, case: dict[str, Any]) -> None:
        super().__init__(root)
        self.served = NoLane()
        self.answers = {asked: (status, out, err) for asked, status, out, err in case["answers"]}

    def ask(self, command: Command) -> Answer:
        asked = question(command)
        if asked not in self.answers and "--raw" in command.argv:
            return Answer((1, "", "Error from server (NotFound): not recorded"))
        assert asked in self.answers, f"never recorded: {asked}"
        return Answer(self.answers[asked])


def question(command: Command) -> str:
    """Without what changes from run to run; a list is a list, however it is paged and filtered."""
    text = re.sub(r"/proc/\d+/fd/\d+", "/proc/PID/fd/N", " ".join(command.argv))
    return text.partition("?")[0] if "--raw" in command.argv else text


def environment(namespace: str) -> Environment:
    return Environment(
        "staging",
        False,
        Path("/srv/shop"),
        EnvironmentSettings(namespace=namespace, context="test"),
    )


def lines(releases: list[Release]) -> list[str]:
    return [f"{one.id} {one.version} {one.status} {one.skip or '-'}" for one in releases]
