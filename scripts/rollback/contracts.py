"""What an adapter offers, and defaults it may borrow by assignment.

Modules satisfy these Protocols.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeGuard

from msgspec import Struct

from rollback.detection.files import FileIndex
from rollback.model import (
    Check,
    Command,
    ConfigChange,
    Evidence,
    Finding,
    Guard,
    Inside,
    Lock,
    Move,
    OlderConfig,
    Release,
    Step,
    Target,
)
from rollback.settings.environment import Environment
from rollback.shell import Shell

# findings about the undo: said again where a restore is asked for
INFRASTRUCTURE_STAYS = "infrastructure-stays"
_BACK = ("restore-deletes", "no-way-back", "hooks-restore", "restore-migrates")
ON_THE_WAY_BACK = (*_BACK, INFRASTRUCTURE_STAYS)
# findings about the next deploy: said again under what is still open afterwards
NEXT_DEPLOY = ("apply-conflict", "apply-keeps", "auto-deploy", "auto-publish")
# of those, what the live release itself tells about: while it can be read, a status goes by that
READ_AGAIN = ("auto-publish",)
# findings of the live release that stay open until the platform is changed: said by the status
STANDING = ("auto-publish-off",)
# What a rollback does not move: "<part> stays on <release>: <why>"; the fix is the setting that
# moves it.
# Warning: it stays on a release other than the target's (partial result). Note: nothing is missing.
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
        """Check: does the artifact exist, is a deploy in flight, will an owner undo it?"""

    def snapshot(self, moves: Sequence[Move], shell: Shell) -> Mapping[str, bytes]:
        """Return this component's files for state/: what is about to change, and payloads.

        Secrets are masked. The steps name the payload files.
        """

    def guards(self, moves: Sequence[Move]) -> list[Guard]:
        """Return the identity guard first, then the live release of every move. Pure."""

    def locks(self, moves: Sequence[Move]) -> list[Lock]:
        """Return the locks against other machines. Pure."""

    def steps(self, moves: Sequence[Move]) -> list[Step]:
        """Return the steps of the change, in order. Pure."""

    def checks(self, moves: Sequence[Move], shell: Shell) -> Iterable[Check]:
        """Check once what the platform itself says about health; only "running" is `unknown`.

        Checks of the other parts of the same targets come with `moved=False`: a neighbour that was
        healthy before has to be healthy afterwards. A name stays the same between two looks; a part
        that is gone is reported as unhealthy.
        """


class Platform(Detector, Change, Protocol):
    """Read a platform and return the commands that change it. Lists keep their input's order."""

    @property
    def TOOL(self) -> str: ...
    @property
    def OPTIONS(self) -> Mapping[str, str]:
        """Return this platform's own switches of plan.py with help, e.g. "suspend-owner"."""

    @property
    def SETTINGS(self) -> type[Struct]:
        """Return the keys of its group in the settings; every key has a default."""

    def targets(self, environment: Environment, shell: Shell) -> list[Target]:
        """Return what can be rolled back: one target per independent history."""

    def releases(
        self, environment: Environment, targets: Sequence[Target], shell: Shell, limit: int
    ) -> list[list[Release]]:
        """Return each target's releases, newest first, exactly one live; platform facts only."""

    def look_up(
        self, target: Target, releases: Sequence[Release], wanted: str, shell: Shell
    ) -> Release | None:
        """Return the release that a person names by its id, and that `releases` do not hold.

        Asked of the platform by one request. None: no such release, or `wanted` is no id of this
        platform's. Raises Usage (release-elsewhere, not-production), Unreadable.
        """

    def bare(self, releases: Sequence[Release]) -> str | None:
        """Return what the platform's own command would pick; None if it has no such command."""

    def moves(self, target: Target, current: Release, to: Release) -> list[Move]:
        """Return the parts (services, hosts, objects) whose content differs. Pure."""

    def prepare(self, moves: Sequence[Move], shell: Shell) -> None:
        """Start reading what the checks will need, without waiting, while the script runs."""

    def inside(
        self, move: Move, folder: str, argv: Sequence[str], shell: Shell
    ) -> Sequence[Inside]:
        """Return how a program is run in the release that this move leaves, the best way first.

        They are the same for all programs of one plan. `folder` is relative to the release, "" for
        its root. Empty: there is no such way.
        """

    def database_client(self, target: Target, host: str, shell: Shell) -> Command | None:
        """Return the command that starts a program on this host of the target's own network.

        It passes its standard input on. None where the target has no such host.
        """

    def logs(self, moves: Sequence[Move], seconds: int, shell: Shell) -> list[str] | None:
        """Return the lines that what moves has logged in the last seconds, in any order.

        None: this platform's logs are not read. Raises Unreadable.
        """

    def config(self, moves: Sequence[Move], shell: Shell) -> Iterable[ConfigChange]:
        """Return the keys of the configuration that differ between what serves and the target.

        Values are compared and go no further. Asked for with --full only.
        """

    def older_config(self, moves: Sequence[Move], shell: Shell) -> Iterable[OlderConfig]:
        """Return files and objects outside of a release that go back with it, before it does.

        Only what nobody has changed in any other way since. Asked for with --full only.
        """

    def standing(self, moves: Sequence[Move], shell: Shell) -> Iterable[Finding]:
        """Return what the platform is left with after a run, read now: few and quick reads.

        A switch that a rollback turns off, by how it stands, or that should be off and is not.
        Raises Unreadable.
        """

    def watch(self, target: Target) -> Iterable[tuple[str, ...]]:
        """Return the commands with which people see how a target does after a run. Pure."""


# ---- defaults to borrow -------------------------------------------------------------------


def one_move(target: Target, current: Release, to: Release) -> list[Move]:
    """Return a single move for a target that moves as a whole."""
    return [Move(target, current, to)]


def no_bare_command(releases: Sequence[Release]) -> str | None:
    return None


def no_look_up(
    target: Target, releases: Sequence[Release], wanted: str, shell: Shell
) -> Release | None:
    return None


def no_locks(moves: Sequence[Move]) -> list[Lock]:
    return []


def nothing_to_prepare(moves: Sequence[Move], shell: Shell) -> None:
    return None


def nowhere(move: Move, folder: str, argv: Sequence[str], shell: Shell) -> Sequence[Inside]:
    return ()


def no_database_client(target: Target, host: str, shell: Shell) -> Command | None:
    return None


def no_logs(moves: Sequence[Move], seconds: int, shell: Shell) -> list[str] | None:
    return None


def nothing_standing(moves: Sequence[Move], shell: Shell) -> list[Finding]:
    return []


def no_config(moves: Sequence[Move], shell: Shell) -> list[ConfigChange]:
    return []


def no_older_config(moves: Sequence[Move], shell: Shell) -> list[OlderConfig]:
    return []


NO_OPTIONS: Mapping[str, str] = {}


# ---- what adapters and flow share ----------------------------------------------------------


def payload(component: str, name: str) -> str:
    """Return the path of a file in the component's state/ folder, relative to the run folder."""
    return f"state/{component}/{name}"


def rolls_back(adapter: Any) -> TypeGuard[Platform]:
    """Whether the module has every member of Platform.

    A Detector only recognises, but may import names that a Platform has.
    """
    members = {name for base in (Detector, Change, Platform) for name in vars(base)}
    return all(hasattr(adapter, name) for name in members if not name.startswith("_"))
