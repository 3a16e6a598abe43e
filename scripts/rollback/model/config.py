"""What the target release ran with against what serves now: keys, never values."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

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
