"""What a plan changes in the infrastructure."""

from __future__ import annotations

from msgspec import Struct


class InfrastructureChange(Struct, frozen=True):
    """One object that changes, or would: `refused` ones keep the plan from being ready.

    `actions` are the tool's: create, update, delete, forget; a replacement is a delete and a
    create. `why` is the tool's reason, or ours for refusing it.
    """

    component: str
    tool: str
    address: str
    actions: tuple[str, ...]
    refused: bool = False
    why: str = ""
