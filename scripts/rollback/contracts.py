"""What an adapter offers, and the defaults it may borrow by assignment. Modules satisfy these Protocols."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from rollback.settings.environment import Environment
from rollback.detection.files import FileIndex
from rollback.model import Check, Evidence, Finding, Guard, Move, Release, Step, Target
from rollback.shell import Shell

# findings about the way back: said again where it is asked for
ON_THE_WAY_BACK = ("restore-deletes", "no-way-back", "hooks-restore")
# what a rollback does not move: "<part> stays on <release>: <why>"; the fix is the setting that moves it.
# Warning: it stays on another release than the target's, the result is partial. Note: nothing is missing.
LEFT_ALONE = "left-alone"


class Detector(Protocol):
    """Recognises a project from its files only; a program on PATH is never evidence."""

    @property
    def TITLE(self) -> str: ...
    @property
    def MARKERS(self) -> tuple[str, ...]: ...
    def detect(self, files: FileIndex) -> list[Evidence]: ...


class Platform(Detector, Protocol):
    """Reads a platform and says which commands change it. Every list keeps the order of what it was given.
    A module may also have OPTIONS: the switches of plan.py that belong to one platform and that it carries out;
    and prepare(moves, shell): begins, without waiting, what its checks will need, while the script runs.
    """

    @property
    def TOOL(self) -> str: ...

    def targets(self, environment: Environment, shell: Shell) -> list[Target]:
        """What could be rolled back here: one target for each thing that has a history of its own."""

    def releases(
        self, environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
    ) -> list[list[Release]]:
        """For each target its releases, newest first, exactly one of them live. Platform facts only."""

    def bare(self, releases: Sequence[Release]) -> str | None:
        """The release that the platform's own command would pick without being told which; None: it has no such command."""

    def moves(self, target: Target, current: Release, to: Release) -> list[Move]:
        """What has to move (pure): the parts (services, hosts, objects) of this target whose content differs."""

    def preflight(self, moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
        """Does the artifact exist? Is a deploy in flight? Will an owner undo it?"""

    def snapshot(self, moves: Sequence[Move], shell: Shell) -> Mapping[str, str]:
        """Content for files in state/: what is about to be changed (secrets masked), and the payloads the steps name."""

    def guards(self, moves: Sequence[Move]) -> list[Guard]:
        """Identity first, then the live release of every move (pure)."""

    def steps(self, moves: Sequence[Move]) -> list[Step]:
        """The change, in order (pure)."""

    def checks(self, moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
        """One look at the platform's own view of health, now. Only "running" is no health.

        Checks of the other parts of the same targets come with `moved=False`: a neighbour that was
        healthy before has to be healthy afterwards. A name stays the same between two looks; a part
        that is gone is reported as unhealthy.
        """


class MigrationTool(Protocol):
    """Recognises a migration tool and the folder of its migration files."""

    @property
    def TITLE(self) -> str: ...
    @property
    def MARKERS(self) -> tuple[str, ...]: ...
    def detect(self, files: FileIndex) -> list[Evidence]: ...


def one_move(target: Target, current: Release, to: Release) -> list[Move]:
    """A target that moves as one."""
    return [Move(target, current, to)]


def no_bare_command(releases: Sequence[Release]) -> str | None:
    return None


def rolls_back(adapter: object) -> bool:
    """Every member of Platform is there; a Detector only recognises. (A detector may import a name that a platform has, hence every.)"""
    return all(hasattr(adapter, name) for name in vars(Platform) if not name.startswith("_"))
