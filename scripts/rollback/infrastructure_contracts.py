"""What a tool for infrastructure as code offers. Modules satisfy this Protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from rollback.model import Finding, Guard, InfrastructureChange, Move, Step
from rollback.settings.model import InfrastructureSettings
from rollback.shell import Shell


class Asked(Struct, frozen=True):
    """Which infrastructure, and the commit whose description of it is wanted."""

    component: str
    settings: InfrastructureSettings
    project: Path
    commit: str


class Planned(Struct, frozen=True):
    """What the tool would change, read without changing anything.

    `source` is a line that holds as long as the same would change, `goal` one that holds once
    nothing would. `identity` tells this infrastructure from every other. `arguments` are what the
    adapter's functions are called with, `files` go into state/ and may hold secrets; `notes` are
    what else a plan has to say.
    """

    tool: str
    location: str  # for people: "workspace production of infra"
    identity: str
    state: str  # for people: "serial 7"
    changes: tuple[InfrastructureChange, ...]
    drift: tuple[str, ...]
    source: str
    goal: str
    arguments: tuple[str, ...]
    variables: tuple[str, ...]
    files: Mapping[str, bytes] = {}
    notes: tuple[Finding, ...] = ()


class Infrastructure(Protocol):
    """Brings infrastructure to what a commit describes. It is planned, approved, applied once.

    Whatever stateful it would delete is `refused` in the changes of a plan.
    """

    @property
    def TITLE(self) -> str: ...
    @property
    def TOOLS(self) -> Sequence[str]:
        """Return the words for `tool` in the settings."""

    @property
    def MARKERS(self) -> Sequence[str]:
        """Return patterns of the files that describe infrastructure for this tool."""

    def plan(self, asked: Asked, shell: Shell) -> Planned:
        """Return what would change. Raises Usage, Unreadable, Blocked (wrong-state, ...)."""

    def kept(self, change: InfrastructureChange, planned: Planned) -> str:
        """Return what a person does to keep an object that would be deleted."""

    def guards(self, planned: Planned, move: Move) -> list[Guard]:
        """Return the guards; they are `forward_only`. Pure but for variables of this shell."""

    def step(self, planned: Planned, move: Move, again: str) -> Step:
        """Return the one step; `again` is the command that plans what is left of it."""
