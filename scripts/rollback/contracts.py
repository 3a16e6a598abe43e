"""What an adapter offers, and the defaults it may borrow by assignment. Modules satisfy these Protocols."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeGuard

from msgspec import Struct

from rollback.detection.files import FileIndex
from rollback.model import Check, Evidence, Finding, Guard, Lock, Move, Release, Step, Target
from rollback.settings.environment import Environment
from rollback.shell import Shell

# findings about the undo: said again where a restore is asked for
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


class Change(Protocol):
    """What everything that changes something offers. `moves` always belong to one component.

    Payload files are named in commands by `payload(component, name)`, relative to the run folder.
    Ids of guards, locks and steps begin with the component's id and a dot.
    """

    def preflight(self, moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
        """Does the artifact exist? Is a deploy in flight? Will an owner undo it?"""

    def snapshot(self, moves: Sequence[Move], shell: Shell) -> Mapping[str, bytes]:
        """Files of this component's folder in state/: what is about to be changed (secrets masked), and the payloads the steps name."""

    def guards(self, moves: Sequence[Move]) -> list[Guard]:
        """Identity first, then the live release of every move (pure)."""

    def locks(self, moves: Sequence[Move]) -> list[Lock]:
        """What keeps other machines away (pure)."""

    def steps(self, moves: Sequence[Move]) -> list[Step]:
        """The change, in order (pure)."""

    def checks(self, moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
        """One look at the platform's own view of health, now. Only "running" is no health.

        Checks of the other parts of the same targets come with `moved=False`: a neighbour that was
        healthy before has to be healthy afterwards. A name stays the same between two looks; a part
        that is gone is reported as unhealthy.
        """


class Platform(Detector, Change, Protocol):
    """Reads a platform and says which commands change it. Every list keeps the order of what it was given."""

    @property
    def TOOL(self) -> str: ...
    @property
    def OPTIONS(self) -> Mapping[str, str]:
        """The switches of plan.py that this platform carries out, e.g. "suspend-owner" -> help text."""

    @property
    def SETTINGS(self) -> type[Struct]:
        """The keys of its group in the settings; every key has a default."""

    def targets(self, environment: Environment, shell: Shell) -> list[Target]:
        """What could be rolled back here: one target for each thing that has a history of its own."""

    def releases(
        self, environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
    ) -> list[list[Release]]:
        """For each target its releases, newest first, exactly one of them live. Platform facts only."""

    def bare(self, releases: Sequence[Release]) -> str | None:
        """The release that the platform's own command would pick; None: it has no such command."""

    def moves(self, target: Target, current: Release, to: Release) -> list[Move]:
        """What has to move (pure): the parts (services, hosts, objects) of this target whose content differs."""

    def prepare(self, moves: Sequence[Move], shell: Shell) -> None:
        """Begin, without waiting, what the checks will need, while the script runs."""


class MigrationTool(Detector, Protocol):
    """Recognises a migration tool and the folder of its migration files."""


# ---- defaults to borrow -------------------------------------------------------------------


def one_move(target: Target, current: Release, to: Release) -> list[Move]:
    """A target that moves as one."""
    return [Move(target, current, to)]


def no_bare_command(releases: Sequence[Release]) -> str | None:
    return None


def no_locks(moves: Sequence[Move]) -> list[Lock]:
    return []


def nothing_to_prepare(moves: Sequence[Move], shell: Shell) -> None:
    return None


NO_OPTIONS: Mapping[str, str] = {}


# ---- what adapters and flow share ----------------------------------------------------------


def payload(component: str, name: str) -> str:
    """A file of the component's folder in state/, as commands name it: relative to the run folder."""
    return f"state/{component}/{name}"


def rolls_back(adapter: Any) -> TypeGuard[Platform]:
    """Every member of Platform is there; a Detector only recognises. (A detector may import a name that a platform has, hence every.)"""
    members = {name for base in (Detector, Change, Platform) for name in vars(base)}
    return all(hasattr(adapter, name) for name in members if not name.startswith("_"))
