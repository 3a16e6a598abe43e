"""A Helm release on a cluster that answers, and how far the flow would take it: live for recording, recorded for the fast tests."""

from __future__ import annotations

from pathlib import Path

from rollback.flow import choose
from rollback.model import Move
from rollback.platforms import helm
from rollback.settings.environment import Environment
from rollback.settings.model import EnvironmentSettings
from rollback.shell import Shell

CASES_FILE = Path(__file__).parents[1] / "cases" / "platforms" / "helm.json"


class Read:
    """Targets, history, choice and moves of the release `shop`."""

    def __init__(self, shell: Shell, where: Environment) -> None:
        self.shell = shell
        (self.target,) = helm.targets(where, shell)
        (self.releases,) = helm.releases(where, [self.target], shell, 50)
        self.choice = choose.choose(self.releases, "previous")
        assert self.choice.to is not None
        self.moves: list[Move] = helm.moves(self.target, choose.live(self.releases), self.choice.to)


def environment(namespace: str) -> Environment:
    return Environment(
        "staging",
        False,
        Path("/srv/shop"),
        EnvironmentSettings(namespace=namespace, context="test", releases=("shop",)),
    )
