"""What the target release ran with against what serves now: keys, never values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from rollback.model.change import Command

KeyChange = Literal["added", "removed", "changed"]


class ConfigChange(Struct, frozen=True):
    """One key, as seen from today: "added" is what the target has and today lacks.

    `restored`: the rollback brings it back; if not, `fix` is how a person does. `component` is
    filled in by the flow.
    """

    key: str
    change: KeyChange
    restored: bool
    fix: str = ""
    component: str = ""


class OlderConfig(Struct, frozen=True):
    """One file or object of configuration that can go back to what it was in the target release.

    `read` prints `source` as long as it is as the plan saw it, `goal` once it is the target's.
    `files` are the payloads of `do` and `undo`, in the folder of their component.
    """

    name: str  # for people, and in ConfigChange: ".env", "ConfigMap/shop"
    read: Command
    source: str
    goal: str
    do: Command
    undo: Command
    files: Mapping[str, bytes]
    reminder: str = ""  # as of a Step
    settles: str = ""  # how a finding `config-changed` begins that is about it, and no longer true
